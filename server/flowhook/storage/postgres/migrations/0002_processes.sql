-- readable from 1
-- The processes that serve, and which of the 256 shards is whose. Times are those of the database's clock.
CREATE TABLE processes (
  id uuid PRIMARY KEY,
  place text NOT NULL,                -- host, pid and start: whoever lives beside it can see that it died
  started_at timestamptz NOT NULL,
  seen_at timestamptz NOT NULL
);
CREATE TABLE shard_owners (
  shard smallint PRIMARY KEY,
  owner uuid,                         -- null: free
  until timestamptz NOT NULL DEFAULT '-infinity'
) WITH (fillfactor = 50);
INSERT INTO shard_owners (shard) SELECT generate_series(0, 255);
