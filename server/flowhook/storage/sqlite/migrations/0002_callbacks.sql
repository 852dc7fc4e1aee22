-- The one-time URLs of tasks. part is the first byte of the token in the URL, so that a callback is found
-- on its session's shard; of the rest of the token only its hash is kept.
CREATE TABLE callbacks (
  part INTEGER NOT NULL,
  hash BLOB NOT NULL,                 -- SHA-256 of the token
  session BLOB NOT NULL,
  task TEXT NOT NULL,                 -- the key under which the session's state knows the task
  node TEXT NOT NULL,                 -- "flow/node" that started it
  kind TEXT NOT NULL,                 -- callback: the session waits for it; inject: it does not
  status TEXT NOT NULL,               -- open, used, void
  created_at REAL NOT NULL,
  done_at REAL,                       -- when it was used or became void
  PRIMARY KEY (part, hash)
) STRICT, WITHOUT ROWID;
-- What is open: of one session, and in listings.
CREATE INDEX callbacks_open ON callbacks (part, session) WHERE status = 'open';
-- For retention: what is over is remembered for a while, to be answered with 410.
CREATE INDEX callbacks_done ON callbacks (done_at) WHERE done_at IS NOT NULL;

-- A session that ends (expired, forgotten) or begins anew takes its open callbacks with it, and the
-- timers of its tasks (kind "task", name "task_" and the hash).
CREATE TRIGGER session_leaves_its_tasks AFTER UPDATE OF created_at ON sessions
WHEN old.created_at IS NOT new.created_at BEGIN
  UPDATE callbacks SET status = 'void', done_at = max(new.updated_at, created_at)
  WHERE part = new.part AND session = new.session AND status = 'open';
  DELETE FROM timers WHERE part = new.part AND session = new.session AND kind = 'task';
END;

-- Live sessions by the node where they stand: what an edited flow would strand.
CREATE INDEX sessions_standing ON sessions (endpoint, node) WHERE node IS NOT NULL;
