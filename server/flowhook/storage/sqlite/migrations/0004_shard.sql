-- The field's word. Only the schema's text changes, no row is touched: instant, however large the file.
ALTER TABLE sessions RENAME COLUMN part TO shard;
ALTER TABLE inbox RENAME COLUMN part TO shard;
ALTER TABLE outbox RENAME COLUMN part TO shard;
ALTER TABLE attempts RENAME COLUMN part TO shard;
ALTER TABLE timers RENAME COLUMN part TO shard;
ALTER TABLE idempotency RENAME COLUMN part TO shard;
ALTER TABLE steps RENAME COLUMN part TO shard;
ALTER TABLE callbacks RENAME COLUMN part TO shard;
