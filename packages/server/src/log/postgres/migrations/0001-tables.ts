/** The tables. Never edited: what is to be otherwise comes with a later migration. */
export const sql = /* sql */ `
-- One row: which servers may run on this schema, by the newest migration that they know.
CREATE TABLE version (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  servers_from integer NOT NULL,
  servers_to integer NOT NULL
);

CREATE TABLE channel (
  number integer PRIMARY KEY,
  name text COLLATE "C" NOT NULL UNIQUE,
  -- The first offset that retention has left, and the id of the newest record that it took.
  oldest bigint NOT NULL DEFAULT 1,
  floor bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 90);

-- Ids and offsets come from what is here (the newest record of a channel always stays), not from sequences, which
-- leave holes, nor from rows of their own, which bloat under an old snapshot.
CREATE TABLE record (
  id bigint PRIMARY KEY,
  "offset" bigint NOT NULL,
  time bigint NOT NULL,
  channel integer NOT NULL,
  redacted boolean NOT NULL DEFAULT false,
  sender text COLLATE "C" NOT NULL,
  key text COLLATE "C",
  data text NOT NULL,
  -- On the first record of an append, as JSON: what it changed beside its records.
  changes text,
  redactions text
);
CREATE UNIQUE INDEX record_by_offset ON record (channel, "offset");
CREATE UNIQUE INDEX record_by_id ON record (channel, id);
CREATE UNIQUE INDEX record_by_key ON record (channel, sender, key) WHERE key IS NOT NULL;

-- Many are written again and again, such as positions: room in the page keeps that from the index.
CREATE TABLE fact (
  key text COLLATE "C" PRIMARY KEY,
  value text NOT NULL,
  id bigint NOT NULL
) WITH (fillfactor = 80);

-- Each incarnation of the log, with what it was told apart by when it began.
CREATE TABLE epoch (
  number integer PRIMARY KEY,
  name text NOT NULL,
  first bigint NOT NULL,
  system bigint NOT NULL,
  timeline text NOT NULL,
  database oid NOT NULL,
  records oid NOT NULL,
  started timestamptz NOT NULL,
  -- Whether something was committed in it without waiting for the disk: then a start of PostgreSQL ends it.
  forgets boolean NOT NULL
);
INSERT INTO epoch
SELECT 1, gen_random_uuid()::text, 1, s.system_identifier, left(pg_walfile_name(pg_current_wal_lsn()), 8),
       d.oid, 'record'::regclass, pg_postmaster_start_time(), false
FROM pg_control_system() s, pg_database d
WHERE d.datname = current_database();
`;
