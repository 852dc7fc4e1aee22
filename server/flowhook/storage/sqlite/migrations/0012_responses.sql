-- What the receiver said, with each attempt that failed: the beginning of its response.
ALTER TABLE attempts ADD COLUMN response TEXT;
