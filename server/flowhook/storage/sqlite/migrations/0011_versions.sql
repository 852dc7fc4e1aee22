-- Versions of the project: what was loaded together, by a hash of all of it. Texts are kept once, by their
-- own hash. Immutable: rows are added and deleted, never changed.
CREATE TABLE versions (
  hash TEXT PRIMARY KEY,              -- SHA-256 of the manifest
  manifest BLOB NOT NULL,             -- JSON in its canonical form
  created_at REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE blobs (
  hash TEXT PRIMARY KEY,              -- SHA-256 of the body
  body BLOB NOT NULL
) STRICT;
CREATE TABLE version_blobs (
  version TEXT NOT NULL,
  blob TEXT NOT NULL,
  PRIMARY KEY (version, blob)
) STRICT, WITHOUT ROWID;
CREATE INDEX version_blobs_used ON version_blobs (blob);
-- The names that people gave to versions.
CREATE TABLE snapshots (
  name TEXT PRIMARY KEY,
  version TEXT NOT NULL,
  created_at REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX snapshots_version ON snapshots (version);

-- The version that a session keeps until its conversation ends; null: it follows its endpoint.
ALTER TABLE sessions ADD COLUMN version TEXT;
CREATE INDEX sessions_version ON sessions (version, endpoint) WHERE version IS NOT NULL;
-- A session that ends (expired, forgotten) or begins anew lets go of its version.
CREATE TRIGGER session_leaves_its_version AFTER UPDATE OF created_at ON sessions
WHEN old.version IS NOT NULL AND old.created_at IS NOT new.created_at BEGIN
  UPDATE sessions SET version = NULL WHERE shard = new.shard AND session = new.session;
END;
