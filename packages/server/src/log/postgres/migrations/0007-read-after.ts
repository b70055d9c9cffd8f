/**
 * Reading many channels as one, in the order of ids. In steps, each of which looks into an index once for each channel:
 * left to itself a planner reads far more of each channel than is wanted. Never edited.
 */
export const sql = /* sql */ `
-- Rows by id; one without a sender is a hole, its offset the last that is gone. The last row has the id 0 and says as
-- redacted whether everything up to _up_to is in the answer.
CREATE FUNCTION read_after(
  _names text[], _afters bigint[], _up_to bigint, _most integer, _max_bytes bigint
) RETURNS TABLE (
  id bigint, "offset" bigint, "time" bigint, redacted boolean, channel text, sender text, key text, data text
) LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_bitmapscan = off
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  _numbers integer[];
  _places bigint[];
  _holes bigint[];             -- 0 for none
  _hole_offsets bigint[];
  _bound bigint;               -- everything up to this id is looked at
  _each integer;               -- and of each channel at most so many records
  _item_ids bigint[];
  _item_channels integer[];
  _item_holes bigint[];        -- the hole's offset; 0 for a record
  _given bigint;
BEGIN
  -- Where each channel goes on, and those that go on first.
  SELECT array_agg(s.number ORDER BY s.start), array_agg(s.after ORDER BY s.start),
    array_agg(s.hole ORDER BY s.start), array_agg(s.oldest - 1 ORDER BY s.start),
    CASE WHEN count(*) > _most THEN (array_agg(s.start ORDER BY s.start))[_most] ELSE _up_to END
  INTO _numbers, _places, _holes, _hole_offsets, _bound
  FROM (
    SELECT c.number, w.after, c.oldest, h.hole, least(f.id, nullif(h.hole, 0)) AS start
    FROM unnest(_names, _afters) AS w (name, after)
    CROSS JOIN LATERAL (
      SELECT channel.number, channel.oldest, channel.floor FROM channel WHERE channel.name = w.name LIMIT 1
    ) c
    CROSS JOIN LATERAL (SELECT CASE WHEN c.floor > w.after AND c.floor <= _up_to THEN c.floor ELSE 0 END AS hole) h
    LEFT JOIN LATERAL (
      SELECT record.id FROM record WHERE record.channel = c.number AND record.id > w.after AND record.id <= _up_to
      ORDER BY record.id LIMIT 1
    ) f ON true
    WHERE f.id IS NOT NULL OR h.hole > 0
    ORDER BY start LIMIT _most + 1
  ) s;

  IF _numbers IS NOT NULL THEN
    _each := least(_most, greatest(64, 32000 / cardinality(_numbers)));
    WITH item AS MATERIALIZED (
      SELECT s.number, r.id, count(*) OVER (PARTITION BY s.number) AS count
      FROM unnest(_numbers, _places) AS s (number, after)
      CROSS JOIN LATERAL (
        SELECT record.id FROM record WHERE record.channel = s.number AND record.id > s.after AND record.id <= _bound
        ORDER BY record.id LIMIT _each
      ) r
    ), cut AS (
      -- Of a channel with more than was taken, nothing is known behind the last one taken.
      SELECT min(c.last) AS id FROM (
        SELECT max(item.id) AS last FROM item WHERE item.count = _each GROUP BY item.number
      ) c
    ), ordered AS (
      SELECT i.id, i.number, i.hole FROM (
        SELECT item.id, item.number, 0::bigint AS hole FROM item
        UNION ALL
        SELECT s.id, s.number, s.hole FROM unnest(_holes, _numbers, _hole_offsets) AS s (id, number, hole)
        WHERE s.id > 0 AND s.id <= _bound
      ) i
      WHERE i.id <= least(_bound, (SELECT cut.id FROM cut))
      ORDER BY i.id LIMIT _most + 1
    )
    SELECT array_agg(o.id ORDER BY o.id), array_agg(o.number ORDER BY o.id), array_agg(o.hole ORDER BY o.id),
      least(_bound, (SELECT cut.id FROM cut))
    INTO _item_ids, _item_channels, _item_holes, _bound
    FROM ordered o;

    RETURN QUERY
    SELECT o.id, o."offset", o.time, o.redacted, o.channel, o.sender, o.key, o.data
    FROM (
      SELECT t.*, min(t.place) FILTER (WHERE t.sender IS NOT NULL AND t.nth > 1 AND t.bytes > _max_bytes) OVER () AS stop
      FROM (
        SELECT i.id, i.place, coalesce(r."offset", i.hole) AS "offset", r.time, r.redacted, c.name AS channel,
          r.sender, r.key, r.data, count(r.id) OVER w AS nth, sum(octet_length(r.data)) OVER w AS bytes
        FROM unnest(_item_ids[:_most], _item_channels[:_most], _item_holes[:_most]) WITH ORDINALITY
          AS i (id, number, hole, place)
        CROSS JOIN LATERAL (SELECT channel.name FROM channel WHERE channel.number = i.number LIMIT 1) c
        LEFT JOIN LATERAL (SELECT * FROM record WHERE record.id = i.id AND i.hole = 0 LIMIT 1) r ON true
        WINDOW w AS (ORDER BY i.place ROWS UNBOUNDED PRECEDING)
      ) t
    ) o
    WHERE o.stop IS NULL OR o.place < o.stop
    ORDER BY o.id;
    GET DIAGNOSTICS _given = ROW_COUNT;
  END IF;
  RETURN QUERY SELECT 0::bigint, NULL::bigint, NULL::bigint,
    _numbers IS NULL OR (_bound = _up_to AND _given = cardinality(_item_ids)), NULL, NULL, NULL, NULL;
END
$$;
`;
