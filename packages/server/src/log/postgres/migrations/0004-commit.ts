/**
 * The one call that commits. Every statement in it sees what was committed before it began, so the lock has one to
 * itself: a statement that waited for the lock and then looked up would miss what was committed while it waited.
 * Tables are looked into once for each thing asked, by index (LATERAL with LIMIT), never by a join that a planner might
 * turn into a scan. Never edited.
 */
export const sql = /* sql */ `
CREATE FUNCTION commit_batch(
  _level integer,              -- the newest migration that the caller knows
  _durability text,            -- disk, system or memory
  _epoch text,                 -- the present epoch as far as the caller knows
  _appends integer,            -- how many there are; they are numbered from 1
  _channels text[],            -- each once
  -- Records, those of one append together, in the order of appends.
  _r_append integer[],
  _r_channel integer[],        -- the place in _channels
  _r_sender text[],
  _r_key text[],
  _r_data text[],
  _r_twin integer[],           -- which earlier record of the same append has the same key; 0 for none
  _r_clash boolean[],          -- whether that twin has other data
  -- Conditions, those of one append together; an id below 0 stands for "unless".
  _c_append integer[],
  _c_key text[],
  _c_id bigint[],
  -- Changes of facts.
  _f_append integer[],
  _f_key text[],
  _f_kind text[],              -- set (null removes), atLeast, add
  _f_argument text[],
  -- Redactions, all of them of one append, with which the batch ends.
  _x_append integer,
  _x_id bigint[],
  _x_data text[],
  _x_json text
) RETURNS json LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_bitmapscan = off
-- Looking things up one by one is a nested loop all the same; arguments are joined with arguments by hash.
SET enable_nestloop = off
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  _now bigint;
  _last bigint;
  _present epoch%ROWTYPE;
  _database oid;
  _system bigint;
  _timeline text;
  _numbers integer[];          -- by place in _channels; 0 for one that has to be made
  _heads bigint[];             -- its last offset
  _found json;                 -- of each record that is a duplicate: its place in the batch, id, offset, time
  _verdicts integer[];         -- of each record: 0 new, 1 duplicate, 2 the key has other data
  _outcomes integer[];         -- of each append: 0 good, 1 key_conflict, 2 fact_exists, 3 fact_changed
  _applies boolean[];          -- of each append: whether facts and redactions are carried out
  _failed json;                -- of each append that fails: [append, outcome, place of the condition, the fact's id]
  _ids bigint[];               -- of each record; 0 where it is not appended
  _offsets bigint[];
  _first_ids bigint[];         -- of each append: the id that facts are to bear
  _change_ids bigint[];
  _change_texts text[];
  _written_keys text[];
  _written_values text[];
  _written_ids bigint[];
  _removed text[];
  _newest integer;             -- the number of the channel that began last
  _begun integer[];            -- places in _channels of those that begin now
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'commits need the isolation level "read committed"' USING ERRCODE = 'FD002';
  END IF;
  -- Forced to the disk, and to where the server's own setting wants it besides; forced to this machine's disk; neither.
  IF _durability = 'memory' THEN
    PERFORM set_config('synchronous_commit', 'off', true);
  ELSIF _durability = 'system' THEN
    PERFORM set_config('synchronous_commit', 'local', true);
  ELSIF current_setting('synchronous_commit') <> 'remote_apply' THEN
    PERFORM set_config('synchronous_commit', 'on', true);
  END IF;

  PERFORM pg_advisory_xact_lock(7073, hashtext(current_schema()));

  IF _level < (SELECT servers_from FROM version) THEN
    RAISE EXCEPTION 'this schema is for newer servers' USING ERRCODE = 'FD001';
  END IF;
  _now := floor(extract(epoch FROM clock_timestamp()) * 1000);
  SELECT coalesce(max(id), 0) INTO _last FROM record;

  -- Whether this may be a storage that has gone back.
  SELECT * INTO _present FROM epoch ORDER BY number DESC LIMIT 1;
  SELECT oid INTO _database FROM pg_database WHERE datname = current_database();
  IF _present.started <> pg_postmaster_start_time() OR _present.database <> _database
      OR _present.records <> 'record'::regclass THEN
    SELECT system_identifier INTO _system FROM pg_control_system();
    _timeline := left(pg_walfile_name(pg_current_wal_lsn()), 8);
    IF _present.forgets OR _present.system <> _system OR _present.timeline <> _timeline
        OR _present.database <> _database OR _present.records <> 'record'::regclass THEN
      INSERT INTO epoch VALUES (
        _present.number + 1, gen_random_uuid()::text, _last + 1, _system, _timeline, _database, 'record'::regclass,
        pg_postmaster_start_time(), _durability = 'memory'
      ) RETURNING * INTO _present;
    ELSE
      UPDATE epoch SET started = pg_postmaster_start_time() WHERE number = _present.number;
    END IF;
  END IF;
  IF _durability = 'memory' AND NOT _present.forgets THEN
    UPDATE epoch SET forgets = true WHERE number = _present.number;
  END IF;

  SELECT array_agg(coalesce(c.number, 0) ORDER BY w.place), array_agg(coalesce(h."offset", 0) ORDER BY w.place)
  INTO _numbers, _heads
  FROM unnest(_channels) WITH ORDINALITY AS w (name, place)
  LEFT JOIN LATERAL (SELECT number FROM channel WHERE channel.name = w.name LIMIT 1) c ON true
  LEFT JOIN LATERAL (
    SELECT "offset" FROM record WHERE channel = c.number ORDER BY id DESC LIMIT 1
  ) h ON true;

  SELECT array_agg(
      CASE
        WHEN s.id IS NULL THEN CASE WHEN r.clash THEN 2 ELSE 0 END
        WHEN s.redacted OR s.data = r.data THEN 1
        ELSE 2
      END ORDER BY r.place),
    json_agg(json_build_array(r.place, s.id, s."offset", s.time) ORDER BY r.place) FILTER (WHERE s.id IS NOT NULL)
  INTO _verdicts, _found
  FROM unnest(_r_channel, _r_sender, _r_key, _r_data, _r_clash) WITH ORDINALITY
    AS r (channel, sender, key, data, clash, place)
  LEFT JOIN LATERAL (
    SELECT id, "offset", time, data, redacted FROM record
    WHERE channel = _numbers[r.channel] AND sender = r.sender AND key = r.key LIMIT 1
  ) s ON true;

  SELECT array_agg(j.outcome ORDER BY j.append), array_agg(j.fresh OR NOT j.recorded ORDER BY j.append),
    json_agg(json_build_array(j.append, j.outcome, j.place, j.id) ORDER BY j.append) FILTER (WHERE j.outcome > 0)
  INTO _outcomes, _applies, _failed
  FROM (
    SELECT a.append, coalesce(r.fresh, false) AS fresh, r.append IS NOT NULL AS recorded,
      CASE
        WHEN r.conflict THEN 1
        WHEN NOT r.fresh OR c.place IS NULL THEN 0
        WHEN c.wanted < 0 THEN 2
        ELSE 3
      END AS outcome,
      CASE WHEN r.conflict THEN r.conflict_place ELSE c.place END AS place, c.id
    FROM generate_series(1, _appends) AS a (append)
    LEFT JOIN (
      SELECT append, bool_or(verdict = 2) AS conflict, bool_or(verdict = 0 AND twin = 0) AS fresh,
        min(place) FILTER (WHERE verdict = 2) AS conflict_place
      FROM unnest(_r_append, _verdicts, _r_twin) WITH ORDINALITY AS r (append, verdict, twin, place)
      GROUP BY append
    ) r ON r.append = a.append
    LEFT JOIN (
      SELECT DISTINCT ON (c.append) c.append, c.place, c.id AS wanted, coalesce(f.id, 0) AS id
      FROM unnest(_c_append, _c_key, _c_id) WITH ORDINALITY AS c (append, key, id, place)
      LEFT JOIN LATERAL (SELECT id FROM fact WHERE fact.key = c.key LIMIT 1) f ON true
      WHERE coalesce(f.id, 0) <> greatest(c.id, 0)
      ORDER BY c.append, c.place
    ) c ON c.append = a.append
  ) j;

  SELECT array_agg(CASE WHEN p.fresh THEN _last + p.nth ELSE 0 END ORDER BY p.place),
    array_agg(CASE WHEN p.fresh THEN _heads[p.channel] + p.nth_of_channel ELSE 0 END ORDER BY p.place)
  INTO _ids, _offsets
  FROM (
    SELECT r.place, r.channel, r.fresh,
      count(*) FILTER (WHERE r.fresh) OVER (ORDER BY r.place) AS nth,
      count(*) FILTER (WHERE r.fresh) OVER (PARTITION BY r.channel ORDER BY r.place) AS nth_of_channel
    FROM (
      SELECT u.place, u.channel, u.verdict = 0 AND u.twin = 0 AND _outcomes[u.append] = 0 AS fresh
      FROM unnest(_r_append, _r_channel, _verdicts, _r_twin) WITH ORDINALITY
        AS u (append, channel, verdict, twin, place)
    ) r
  ) p;

  IF cardinality(_f_key) > 0 OR _x_append > 0 THEN
    -- Without a record of its own a change bears the id of the last record before it.
    SELECT array_agg(coalesce(f.own, greatest(f.before, 1))::bigint ORDER BY f.append) INTO _first_ids
    FROM (
      SELECT a.append, r.own, _last + coalesce(sum(r.count) OVER (ORDER BY a.append), 0) AS before
      FROM generate_series(1, _appends) AS a (append)
      LEFT JOIN (
        SELECT append, min(id) AS own, count(*) AS count
        FROM unnest(_r_append, _ids) AS r (append, id) WHERE id > 0 GROUP BY append
      ) r ON r.append = a.append
    ) f;
  END IF;

  IF cardinality(_f_key) > 0 THEN
    WITH change AS (
      SELECT f.append, f.key, f.place, f.kind, f.argument, b.value AS before
      FROM unnest(_f_append, _f_key, _f_kind, _f_argument) WITH ORDINALITY AS f (append, key, kind, argument, place)
      LEFT JOIN LATERAL (SELECT value FROM fact WHERE fact.key = f.key LIMIT 1) b ON true
      WHERE _outcomes[f.append] = 0 AND _applies[f.append]
    ), step AS (
      SELECT append, key, place, fact_after(before, kind, argument) OVER (PARTITION BY key ORDER BY place) AS state
      FROM change
    ), changed AS (
      SELECT append, key, (array_agg(state[1] ORDER BY place DESC))[1] AS value,
        min(place) FILTER (WHERE state[2] IS NOT NULL) AS place
      FROM step GROUP BY append, key HAVING bool_or(state[2] IS NOT NULL)
    ), written AS (
      SELECT DISTINCT ON (key) key, value, _first_ids[append] AS id FROM changed ORDER BY key, append DESC
    ), told AS (
      SELECT _first_ids[append] AS id, json_agg(json_build_object('key', key, 'value', value) ORDER BY place)::text AS text
      -- What appends without a record of their own change is told by no record.
      FROM changed WHERE append = ANY (_r_append) GROUP BY append
    )
    SELECT (SELECT array_agg(key ORDER BY key) FROM written), (SELECT array_agg(value ORDER BY key) FROM written),
      (SELECT array_agg(id ORDER BY key) FROM written),
      (SELECT array_agg(id ORDER BY id) FROM told), (SELECT array_agg(text ORDER BY id) FROM told)
    INTO _written_keys, _written_values, _written_ids, _change_ids, _change_texts;

    _removed := ARRAY(
      SELECT w.key FROM unnest(_written_keys, _written_values) AS w (key, value) WHERE w.value IS NULL
    );
    DELETE FROM fact WHERE key = ANY (_removed);
    INSERT INTO fact (key, value, id)
    SELECT w.key, w.value, w.id FROM unnest(_written_keys, _written_values, _written_ids) AS w (key, value, id)
    WHERE w.value IS NOT NULL
    ON CONFLICT (key) DO UPDATE SET value = excluded.value, id = excluded.id;
  END IF;

  IF _x_append > 0 AND NOT (_outcomes[_x_append] = 0 AND _applies[_x_append]) THEN
    _x_append := 0;
  END IF;

  IF 0 = ANY (_numbers) THEN
    SELECT coalesce(max(number), 0) INTO _newest FROM channel;
    SELECT array_agg(r.channel ORDER BY r.place) INTO _begun
    FROM (
      SELECT u.channel, min(u.place) AS place
      FROM unnest(_r_channel, _ids) WITH ORDINALITY AS u (channel, id, place)
      WHERE u.id > 0 AND _numbers[u.channel] = 0 GROUP BY u.channel
    ) r;
    FOR i IN 1 .. coalesce(cardinality(_begun), 0) LOOP
      _numbers[_begun[i]] := _newest + i;
    END LOOP;
    INSERT INTO channel (number, name)
    SELECT w.number, w.name FROM unnest(_numbers, _channels) AS w (number, name) WHERE w.number > _newest;
  END IF;

  INSERT INTO record (id, "offset", time, channel, sender, key, data, changes, redactions)
  SELECT r.id, r.own_offset, _now, _numbers[r.channel], r.sender, r.key, r.data, c.text,
    CASE WHEN r.append = _x_append AND r.id = _first_ids[r.append] THEN _x_json END
  FROM unnest(_r_append, _r_channel, _r_sender, _r_key, _r_data, _ids, _offsets)
    AS r (append, channel, sender, key, data, id, own_offset)
  LEFT JOIN unnest(_change_ids, _change_texts) AS c (id, text) ON c.id = r.id
  WHERE r.id > 0
  ORDER BY r.id;

  IF _x_append > 0 THEN
    FOR i IN 1 .. cardinality(_x_id) LOOP
      UPDATE record SET data = _x_data[i], redacted = true WHERE id = _x_id[i] AND id < _first_ids[_x_append];
    END LOOP;
  END IF;

  RETURN json_build_object(
    'now', _now, 'ids', _ids, 'offsets', _offsets, 'found', _found, 'failed', _failed, 'changeIds', _change_ids,
    'changes', _change_texts, 'epochs', CASE WHEN _present.name <> _epoch THEN epochs('') END
  );
END
$$;
`;
