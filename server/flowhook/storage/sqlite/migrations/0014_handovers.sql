-- Conversations that people took over. Written by the transaction that ends the turn, or by the desk.
CREATE TABLE handovers (
  row INTEGER PRIMARY KEY,
  shard INTEGER NOT NULL,
  session BLOB NOT NULL,
  id TEXT NOT NULL,
  endpoint TEXT NOT NULL,
  user_id TEXT NOT NULL,
  session_id TEXT NOT NULL,
  provider TEXT NOT NULL,
  status TEXT NOT NULL,             -- queue, active, closed
  outcome TEXT,                     -- completed, cancelled, error
  owner TEXT,                       -- the agent who has it
  closing INTEGER NOT NULL DEFAULT 0, -- its end was accepted and has its turn soon
  reference TEXT,                   -- by which its provider knows it
  node TEXT NOT NULL,
  settings BLOB NOT NULL,           -- of the node, JSON
  trace_id TEXT NOT NULL,           -- of the turn that asked for it
  test INTEGER NOT NULL DEFAULT 0,
  privacy INTEGER,
  created_at REAL NOT NULL,
  taken_at REAL,
  closed_at REAL,
  waiting_since REAL,               -- the oldest word of the user that nobody has answered
  step INTEGER NOT NULL DEFAULT 0,  -- of what is done about that: 1 reminded, 2 back in the queue
  next_seq INTEGER NOT NULL DEFAULT 1,
  next_at REAL,                     -- when the next thing leaves for its provider; NULL: nothing waits
  ending BLOB                       -- {result, note, reason}
) STRICT;
CREATE UNIQUE INDEX handovers_id ON handovers (id);
CREATE INDEX handovers_session ON handovers (shard, session);
CREATE INDEX handovers_user ON handovers (user_id);
CREATE INDEX handovers_status ON handovers (status, row);
CREATE INDEX handovers_reference ON handovers (provider, reference) WHERE reference IS NOT NULL;
CREATE INDEX handovers_next ON handovers (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX handovers_waiting ON handovers (waiting_since) WHERE waiting_since IS NOT NULL;

CREATE TABLE handover_messages (
  shard INTEGER NOT NULL,
  session BLOB NOT NULL,
  handover TEXT NOT NULL,
  seq INTEGER NOT NULL,
  kind TEXT NOT NULL,               -- open, message, close
  source TEXT NOT NULL,             -- user, agent, bot, note, system
  agent TEXT,
  status TEXT NOT NULL,             -- pending, sent, dead, kept
  attempts INTEGER NOT NULL DEFAULT 0,
  error TEXT,
  trace_id TEXT NOT NULL,
  at REAL NOT NULL,
  body BLOB NOT NULL,               -- {text, data, attachments}
  PRIMARY KEY (shard, session, handover, seq)
) STRICT, WITHOUT ROWID;
