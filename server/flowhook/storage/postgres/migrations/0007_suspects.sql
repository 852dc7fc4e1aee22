-- readable from 1
-- Sessions in which something waited when the process that ran their turns died: one of those turns may have ended
-- it. The next turn of each says here that it runs, before it does, so that all processes count together.
CREATE TABLE suspects (
  shard smallint NOT NULL,
  session bytea NOT NULL,
  deaths integer NOT NULL,            -- in a row, without a committed segment in between
  seq bigint,                         -- the inbound whose turn runs, or ran last; null: nobody knows which it was
  revision bigint,                    -- of the session when it began
  running_in uuid,                    -- the process; null: it does not run
  PRIMARY KEY (shard, session)
);
CREATE INDEX suspects_running ON suspects (running_in) WHERE running_in IS NOT NULL;

-- Processes that ended without saying so, for as long as that makes the others careful.
CREATE TABLE process_deaths (
  process uuid PRIMARY KEY,
  at timestamptz NOT NULL
);
