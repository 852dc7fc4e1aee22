-- readable from 1
-- Deliveries that another process than their session's owner sends, because it ran their turn: until next_at they
-- are its own. When it ends before, they are given back.
ALTER TABLE outbox ADD COLUMN claimed_by uuid;
