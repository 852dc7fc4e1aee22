-- readable from 1
-- Inbounds that another one's turn has taken: its place in the inbox.
ALTER TABLE inbox ADD COLUMN merged_into bigint;
