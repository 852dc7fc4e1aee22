-- Test messages are known by a mark: of the session by its last message, and of what goes out because of it.
-- Constant defaults: no row is touched.
ALTER TABLE sessions ADD COLUMN test INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN test INTEGER NOT NULL DEFAULT 0;

-- What is counted of each input, written with the commit that ends its turn. Rows are in order of time, and
-- outlive the session.
CREATE TABLE analytics (
  row INTEGER PRIMARY KEY,
  at REAL NOT NULL,                   -- when the input came
  endpoint TEXT NOT NULL,
  session BLOB NOT NULL,              -- its key
  contact BLOB NOT NULL,              -- a hash of the user id: records hold no id
  test INTEGER NOT NULL,
  record BLOB NOT NULL                -- JSON
) STRICT;
CREATE INDEX analytics_at ON analytics (at);             -- for reports of a time
CREATE INDEX analytics_contact ON analytics (contact);   -- to forget a user
