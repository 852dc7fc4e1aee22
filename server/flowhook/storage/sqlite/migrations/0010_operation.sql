-- Who changed what through administration. before and after are JSON, or null.
CREATE TABLE audit (
  row INTEGER PRIMARY KEY,
  at REAL NOT NULL,
  who TEXT NOT NULL,                  -- the name of the admin key
  role TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  endpoint TEXT,
  user_id TEXT,                       -- with session_id: to forget a user or a session
  session_id TEXT,
  before BLOB,
  after BLOB
) STRICT;
CREATE INDEX audit_age ON audit (at);  -- for retention
CREATE INDEX audit_user ON audit (user_id) WHERE user_id IS NOT NULL;

-- Null: the key has no end, was not used yet, may do everything. Constant defaults: no row is touched.
ALTER TABLE api_keys ADD COLUMN ends_at REAL;
ALTER TABLE api_keys ADD COLUMN used_at REAL;
ALTER TABLE api_keys ADD COLUMN scopes TEXT;
