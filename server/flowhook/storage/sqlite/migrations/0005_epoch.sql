-- Which of the files that this database has been it is now: one row.
CREATE TABLE epoch (
  number INTEGER NOT NULL,            -- part of the ids of new deliveries; another one after a restore
  seal TEXT NOT NULL,                 -- also in the file beside the database: are the two of the same time?
  inode INTEGER NOT NULL              -- of the database file: a copy has another one
) STRICT;
-- Null: the delivery is older than epochs, and so is its id. Constant defaults: no row is touched.
ALTER TABLE outbox ADD COLUMN epoch INTEGER;
