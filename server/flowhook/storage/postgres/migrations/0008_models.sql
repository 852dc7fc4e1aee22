-- readable from 1
-- What the engines of all processes have learned, by the hash of what it was learned from: a cache, never code.
CREATE TABLE trained_models (
  name text PRIMARY KEY,
  used_at float8 NOT NULL,            -- by a process that serves; noted once a day
  body bytea NOT NULL
);
ALTER TABLE trained_models ALTER COLUMN body SET STORAGE EXTERNAL;  -- arrays of numbers: not to be compressed
CREATE INDEX trained_models_used_at ON trained_models (used_at);
