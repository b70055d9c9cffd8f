/** Reading one channel by offset, and where channels begin and end. Never edited. */
export const sql = /* sql */ `
-- One row for each name, in their order; what is beyond the id _up_to is left out of account.
CREATE FUNCTION extents(_names text[], _up_to bigint) RETURNS TABLE (
  number integer, head bigint, head_id bigint, oldest bigint, floor bigint
) LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_bitmapscan = off
SET jit = off
AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  SELECT c.number, e.head, e.head_id, least(coalesce(c.oldest, 1), e.head + 1), coalesce(c.floor, 0)
  FROM unnest(_names) WITH ORDINALITY AS w (name, place)
  LEFT JOIN LATERAL (
    SELECT number, oldest, floor FROM channel WHERE channel.name = w.name LIMIT 1
  ) c ON true
  LEFT JOIN LATERAL (
    SELECT record."offset", record.id FROM record
    WHERE record.channel = c.number AND record.id <= _up_to ORDER BY record.id DESC LIMIT 1
  ) h ON true
  -- Where all up to there was trimmed, the newest of it is where the channel ended.
  CROSS JOIN LATERAL (
    SELECT coalesce(h."offset", CASE WHEN c.floor <= _up_to THEN c.oldest - 1 END, 0) AS head,
      coalesce(h.id, CASE WHEN c.floor <= _up_to THEN c.floor END, 0) AS head_id
  ) e
  ORDER BY w.place;
END
$$;

-- The first row bears the extent: offset and id of the head, time for the oldest offset, data for the floor. The others
-- are records, from the one nearest to where the reading begins.
CREATE FUNCTION read_channel(
  _name text, _after bigint, _before bigint, _most integer, _max_bytes bigint, _newest_first boolean, _up_to bigint
) RETURNS TABLE (
  id bigint, "offset" bigint, "time" bigint, redacted boolean, sender text, key text, data text
) LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_bitmapscan = off
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  _number integer;
  _head bigint;
  _head_id bigint;
  _oldest bigint;
  _floor bigint;
  _first bigint;
  _last bigint;
BEGIN
  SELECT e.number, e.head, e.head_id, e.oldest, e.floor INTO _number, _head, _head_id, _oldest, _floor
  FROM extents(ARRAY[_name], _up_to) e;
  RETURN QUERY SELECT _head_id, _head, _oldest, NULL::boolean, NULL, NULL, _floor::text;
  _first := greatest(_after + 1, _oldest);
  _last := least(_before - 1, _head);
  IF _newest_first THEN
    RETURN QUERY
    SELECT r.id, r."offset", r.time, r.redacted, r.sender, r.key, r.data
    FROM (
      SELECT *, row_number() OVER w AS nth, sum(octet_length(data)) OVER w AS bytes
      FROM record WHERE channel = _number AND record."offset" BETWEEN _first AND _last
      WINDOW w AS (ORDER BY record."offset" DESC ROWS UNBOUNDED PRECEDING)
      ORDER BY record."offset" DESC LIMIT _most
    ) r
    WHERE r.nth = 1 OR r.bytes <= _max_bytes
    ORDER BY r."offset" DESC;
  ELSE
    RETURN QUERY
    SELECT r.id, r."offset", r.time, r.redacted, r.sender, r.key, r.data
    FROM (
      SELECT *, row_number() OVER w AS nth, sum(octet_length(data)) OVER w AS bytes
      FROM record WHERE channel = _number AND record."offset" BETWEEN _first AND _last
      WINDOW w AS (ORDER BY record."offset" ROWS UNBOUNDED PRECEDING)
      ORDER BY record."offset" LIMIT _most
    ) r
    WHERE r.nth = 1 OR r.bytes <= _max_bytes
    ORDER BY r."offset";
  END IF;
END
$$;

CREATE FUNCTION channels(_after integer, _most integer) RETURNS TABLE (
  name text, number integer, oldest bigint, head bigint
) LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_bitmapscan = off
SET jit = off
AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  SELECT c.name, c.number, c.oldest, h."offset"
  FROM (SELECT * FROM channel WHERE channel.number > _after ORDER BY channel.number LIMIT _most) c
  CROSS JOIN LATERAL (
    SELECT record."offset" FROM record WHERE channel = c.number ORDER BY record.id DESC LIMIT 1
  ) h
  ORDER BY c.number;
END
$$;
`;
