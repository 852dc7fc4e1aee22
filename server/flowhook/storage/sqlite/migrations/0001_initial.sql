-- The first schema. Every table of a session starts its key with (part, session): part is the first
-- byte of the session's 16-byte name, so that a session's rows can live together on one shard.
-- Large tables have a number of their own ("row"), given in order of arrival: rows that arrive
-- together lie together, and what is old is found at the front without an index on time.
-- Times are POSIX seconds.

-- One row for each conversation, with its counters. created_at is null when the session is gone
-- (expired or forgotten): the counters stay, so that no delivery id is ever given twice.
CREATE TABLE sessions (
  row INTEGER PRIMARY KEY,
  part INTEGER NOT NULL,
  session BLOB NOT NULL,
  endpoint TEXT NOT NULL,
  user_id TEXT NOT NULL,
  session_id TEXT NOT NULL,
  revision INTEGER NOT NULL,
  next_in INTEGER NOT NULL,
  next_out INTEGER NOT NULL,
  backlog INTEGER NOT NULL,           -- inbounds that wait or run
  last_message_seq INTEGER NOT NULL,  -- of the last message or inject: voids older timers
  created_at REAL,
  updated_at REAL NOT NULL,           -- of the last inbound
  node TEXT,                          -- "flow/node" where the session stands
  flow_revision TEXT NOT NULL DEFAULT '',
  state BLOB,                         -- JSON; last, because it is the large one
  UNIQUE (part, session)
) STRICT;
-- Newest activity first in listings; oldest first for retention.
CREATE INDEX sessions_active ON sessions (updated_at) WHERE created_at IS NOT NULL;
-- The rows of gone sessions, to drop them once nothing refers to them.
CREATE INDEX sessions_gone ON sessions (updated_at) WHERE created_at IS NULL;
-- All sessions of a user, to show and to forget them. Written once in a session's life.
CREATE INDEX sessions_user ON sessions (user_id);

-- What entered, in the session's order.
CREATE TABLE inbox (
  row INTEGER PRIMARY KEY,
  part INTEGER NOT NULL,
  session BLOB NOT NULL,
  seq INTEGER NOT NULL,
  trace_id TEXT NOT NULL,
  kind TEXT NOT NULL,                 -- message, inject, notify, timer, handover
  status TEXT NOT NULL,               -- queued, done, failed, discarded
  reason TEXT,
  revision INTEGER,                   -- of the session after the turn
  first_out INTEGER,                  -- the deliveries of the turn: a range of the outbox
  last_out INTEGER,
  received_at REAL NOT NULL,
  done_at REAL,
  body BLOB NOT NULL,                 -- JSON: text, data, attachments …
  UNIQUE (part, session, seq)
) STRICT;
-- What waits: the inbox of one session, and the sessions that have one. Small at all times.
CREATE INDEX inbox_queued ON inbox (part, session, seq) WHERE status = 'queued';
-- Receipts. Trace ids grow with time, so this index grows at its end.
CREATE INDEX inbox_trace ON inbox (trace_id);

-- Why a turn did what it did, by the number of its inbox row.
CREATE TABLE traces (
  row INTEGER PRIMARY KEY,
  at REAL NOT NULL,
  trace BLOB NOT NULL
) STRICT;

-- What leaves, in the session's order. A session's head is its oldest pending delivery; those
-- behind it are parked (head = 0) and never looked at until the head is resolved.
CREATE TABLE outbox (
  row INTEGER PRIMARY KEY,
  part INTEGER NOT NULL,
  session BLOB NOT NULL,
  seq INTEGER NOT NULL,
  trace_id TEXT NOT NULL,
  endpoint TEXT NOT NULL,
  status TEXT NOT NULL,               -- pending, delivered, dead
  head INTEGER NOT NULL,
  next_at REAL,                       -- of a head: when to try next
  attempts INTEGER NOT NULL,
  replay INTEGER NOT NULL DEFAULT 0,
  created_at REAL NOT NULL,
  done_at REAL,
  last_status INTEGER,
  last_error TEXT,
  url TEXT,                           -- of a Deliver; else the endpoint's own address
  method TEXT NOT NULL,
  headers BLOB,                       -- JSON, of a Deliver
  output BLOB,                        -- JSON AIOutput, when the body is not the usual envelope
  body BLOB NOT NULL,
  UNIQUE (part, session, seq)
) STRICT;
-- Heads only, so that a dead endpoint's backlog costs nothing; by endpoint, so that paused ones are
-- not walked over.
CREATE INDEX outbox_heads ON outbox (endpoint, next_at) WHERE head = 1;
-- Dead letters, oldest first.
CREATE INDEX outbox_dead ON outbox (row) WHERE status = 'dead';

-- Attempts that failed.
CREATE TABLE attempts (
  part INTEGER NOT NULL,
  session BLOB NOT NULL,
  seq INTEGER NOT NULL,
  at REAL NOT NULL,
  ms INTEGER NOT NULL,
  http_status INTEGER,
  error TEXT,
  PRIMARY KEY (part, session, seq, at)
) STRICT, WITHOUT ROWID;

-- Timers of waiting nodes (name "timeout", one for each session), and inbounds with notBefore
-- (name = their trace id).
CREATE TABLE timers (
  part INTEGER NOT NULL,
  session BLOB NOT NULL,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,                 -- timeout, scheduled
  due_at REAL NOT NULL,
  armed_seq INTEGER NOT NULL,         -- the turn that armed it
  node TEXT,
  endpoint TEXT NOT NULL,
  user_id TEXT NOT NULL,
  session_id TEXT NOT NULL,
  inbound_kind TEXT NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (part, session, name)
) STRICT, WITHOUT ROWID;
-- What falls due next.
CREATE INDEX timers_due ON timers (due_at);
-- Receipts and cancellation of scheduled inbounds.
CREATE INDEX timers_scheduled ON timers (name) WHERE kind = 'scheduled';

-- Requests that came with a key: a repeat is answered from here.
CREATE TABLE idempotency (
  part INTEGER NOT NULL,
  session BLOB NOT NULL,
  route TEXT NOT NULL,
  key TEXT NOT NULL,
  fingerprint BLOB NOT NULL,
  trace_id TEXT NOT NULL,
  created_at REAL NOT NULL,
  PRIMARY KEY (part, session, route, key)
) STRICT, WITHOUT ROWID;
-- For retention: keys are kept for a day.
CREATE INDEX idempotency_age ON idempotency (created_at);

-- Requests dropped before they reached a session, for their receipts.
CREATE TABLE discards (
  trace_id TEXT PRIMARY KEY,
  endpoint TEXT NOT NULL,
  user_id TEXT NOT NULL,
  session_id TEXT NOT NULL,
  reason TEXT NOT NULL,
  at REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX discards_user ON discards (user_id);  -- to forget a user
CREATE INDEX discards_age ON discards (at);        -- for retention

-- What is known of a user across sessions.
CREATE TABLE profiles (
  user_id TEXT PRIMARY KEY,
  updated_at REAL NOT NULL,
  body BLOB NOT NULL
) STRICT;
CREATE INDEX profiles_age ON profiles (updated_at);  -- for retention

-- Results of a plugin node's steps, until its turn ends.
CREATE TABLE steps (
  part INTEGER NOT NULL,
  session BLOB NOT NULL,
  seq INTEGER NOT NULL,
  name TEXT NOT NULL,
  result BLOB NOT NULL,
  PRIMARY KEY (part, session, seq, name)
) STRICT;

-- What plugins keep for themselves.
CREATE TABLE plugin_data (
  endpoint TEXT NOT NULL,
  namespace TEXT NOT NULL,
  a TEXT NOT NULL,
  b TEXT NOT NULL,
  owner_user TEXT,
  owner_session TEXT,
  expires_at REAL,
  body BLOB NOT NULL,
  PRIMARY KEY (endpoint, namespace, a, b)
) STRICT;
CREATE INDEX plugin_data_owner ON plugin_data (owner_user) WHERE owner_user IS NOT NULL;    -- to forget
CREATE INDEX plugin_data_expiry ON plugin_data (expires_at) WHERE expires_at IS NOT NULL;  -- for retention

CREATE TABLE api_keys (
  key_id TEXT PRIMARY KEY,
  endpoint TEXT NOT NULL,
  name TEXT NOT NULL,
  hash BLOB NOT NULL,
  preview TEXT NOT NULL,
  created_at REAL NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- How many sessions there are, so that nobody counts them.
CREATE TABLE counters (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO counters VALUES ('sessions', 0);

CREATE TRIGGER session_begins AFTER INSERT ON sessions BEGIN
  UPDATE counters SET value = value + 1 WHERE name = 'sessions';
END;
CREATE TRIGGER session_comes_or_goes AFTER UPDATE OF created_at ON sessions BEGIN
  UPDATE counters SET value = value + (new.created_at IS NOT NULL) - (old.created_at IS NOT NULL)
  WHERE name = 'sessions';
END;
CREATE TRIGGER session_is_dropped AFTER DELETE ON sessions BEGIN
  UPDATE counters SET value = value - (old.created_at IS NOT NULL) WHERE name = 'sessions';
END;
