"""The pure engine: no await, clock, I/O or logging in it."""
