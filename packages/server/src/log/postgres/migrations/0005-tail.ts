/** Reading on in the order of everything. Never edited. */
export const sql = /* sql */ `
-- The first row bears the last id, and as data the epochs; the others are records, by id.
CREATE FUNCTION tail(_after bigint, _most integer, _max_bytes bigint, _known text) RETURNS TABLE (
  id bigint, "offset" bigint, "time" bigint, redacted boolean, channel text, sender text, key text, data text,
  changes text, redactions text
) LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_bitmapscan = off
SET jit = off
AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY SELECT last_id(), NULL::bigint, NULL::bigint, NULL::boolean, NULL, NULL, NULL,
    epochs(_known)::text, NULL, NULL;
  RETURN QUERY
  SELECT r.id, r."offset", r.time, r.redacted, c.name, r.sender, r.key, r.data, r.changes, r.redactions
  FROM (
    SELECT *, row_number() OVER w AS nth, sum(octet_length(data)) OVER w AS bytes
    FROM record WHERE record.id > _after
    WINDOW w AS (ORDER BY record.id ROWS UNBOUNDED PRECEDING)
    ORDER BY record.id LIMIT _most
  ) r
  CROSS JOIN LATERAL (SELECT name FROM channel WHERE number = r.channel LIMIT 1) c
  WHERE r.nth = 1 OR r.bytes <= _max_bytes
  ORDER BY r.id;
END
$$;
`;
