"""Everything that leaves for the outside: one session, one set of address rules."""
