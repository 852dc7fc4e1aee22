-- Which blocks of 4096 rows of the analytics tell of a contact: a block range index, made of a block when it
-- is full. counters.analytics_blocks says of how many blocks from the front it is made. An index on contacts
-- was a page more to write for each message, and more where sessions are many.
CREATE TABLE analytics_contacts (
  contact BLOB NOT NULL,
  block INTEGER NOT NULL,             -- of rows with row >> 12 = block
  PRIMARY KEY (contact, block)
) STRICT, WITHOUT ROWID;
CREATE INDEX analytics_contacts_block ON analytics_contacts (block);  -- for retention
INSERT INTO counters VALUES ('analytics_blocks', 0);
DROP INDEX analytics_contact;
