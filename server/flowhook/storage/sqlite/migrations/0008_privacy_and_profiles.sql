-- What may be told and kept of a row's words: a sum of 1 (told to nobody), 2 (**** is kept), 4 (nothing is
-- kept); null is 0. Constant defaults: no row is touched.
ALTER TABLE inbox ADD COLUMN privacy INTEGER;
ALTER TABLE outbox ADD COLUMN privacy INTEGER;

-- Profiles where each endpoint has its own (profiles.scope: endpoint). The table "profiles" has those of the
-- whole project, which stay as they are.
CREATE TABLE endpoint_profiles (
  row INTEGER PRIMARY KEY,
  endpoint TEXT NOT NULL,
  user_id TEXT NOT NULL,
  updated_at REAL NOT NULL,
  body BLOB NOT NULL,
  UNIQUE (user_id, endpoint)
) STRICT;
CREATE INDEX endpoint_profiles_age ON endpoint_profiles (updated_at);  -- for retention

-- Users whose profile is that of another one: who was merged into whom. endpoint is '' for profiles of the
-- whole project. No chains: main_user has no row of its own.
CREATE TABLE profile_links (
  user_id TEXT NOT NULL,
  endpoint TEXT NOT NULL,
  main_user TEXT NOT NULL,
  PRIMARY KEY (user_id, endpoint)
) STRICT, WITHOUT ROWID;
CREATE INDEX profile_links_main ON profile_links (main_user, endpoint);
