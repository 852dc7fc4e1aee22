-- Traces of turns in which something failed are found at once, and kept as long as the inbound itself.
ALTER TABLE traces ADD COLUMN failed INTEGER NOT NULL DEFAULT 0;
CREATE INDEX traces_failed ON traces (row) WHERE failed = 1;
