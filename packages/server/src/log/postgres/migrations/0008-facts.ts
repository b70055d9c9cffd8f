/** Reading facts: by key, and by prefix in pages. The first row bears the last id of the moment. Never edited. */
export const sql = /* sql */ `
CREATE FUNCTION facts(_keys text[]) RETURNS TABLE (key text, value text, id bigint) LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_bitmapscan = off
SET jit = off
AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY SELECT NULL, NULL, last_id();
  RETURN QUERY
  SELECT w.key, f.value, f.id FROM unnest(_keys) WITH ORDINALITY AS w (key, place)
  LEFT JOIN LATERAL (SELECT fact.value, fact.id FROM fact WHERE fact.key = w.key LIMIT 1) f ON true
  ORDER BY w.place;
END
$$;

-- Keys from _from on and before _end; without an end where that is null.
CREATE FUNCTION list_facts(_from text, _end text, _most integer) RETURNS TABLE (
  key text, value text, id bigint
) LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_bitmapscan = off
SET jit = off
AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY SELECT NULL, NULL, last_id();
  IF _end IS NULL THEN
    RETURN QUERY SELECT fact.key, fact.value, fact.id FROM fact
    WHERE fact.key >= _from ORDER BY fact.key LIMIT _most;
  ELSE
    RETURN QUERY SELECT fact.key, fact.value, fact.id FROM fact
    WHERE fact.key >= _from AND fact.key < _end ORDER BY fact.key LIMIT _most;
  END IF;
END
$$;
`;
