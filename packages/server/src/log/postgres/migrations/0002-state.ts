/** What the log holds: its last id and its epochs. Never edited. */
export const sql = /* sql */ `
CREATE FUNCTION last_id() RETURNS bigint LANGUAGE sql STABLE
SET search_path FROM CURRENT SET enable_seqscan = off
AS $$ SELECT coalesce(max(id), 0) FROM record $$;

-- Every epoch as JSON, unless the present one is the one that the caller knows.
CREATE FUNCTION epochs(_known text) RETURNS json LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $$
  SELECT json_agg(json_build_object('name', name, 'first', first) ORDER BY number) FROM epoch
  WHERE _known IS DISTINCT FROM (SELECT name FROM epoch ORDER BY number DESC LIMIT 1)
$$;
`;
