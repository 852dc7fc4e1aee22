-- For how long the first request wanted to wait for its outputs: a repeat is told the same.
ALTER TABLE idempotency ADD COLUMN wait REAL;
