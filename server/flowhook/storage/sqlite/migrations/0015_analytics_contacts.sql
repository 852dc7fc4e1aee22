-- Which blocks of 8192 rows of the analytics tell of a contact: an inverted index with block addressing.
-- counters.analytics_indexed is the last row that is in it; there are few behind. An index of rows on contacts
-- was a page more to write for each message, and several where contacts are many.
CREATE TABLE analytics_contacts (
  contact BLOB NOT NULL,
  block INTEGER NOT NULL,             -- of rows with row >> 13 = block
  PRIMARY KEY (contact, block)
) STRICT, WITHOUT ROWID;
CREATE INDEX analytics_contacts_block ON analytics_contacts (block);  -- for retention
INSERT INTO counters VALUES ('analytics_indexed', 0);
DROP INDEX analytics_contact;
