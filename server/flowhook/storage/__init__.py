"""What must survive: sessions, inbox, outbox, timers, keys."""
