/** Removing what is old, some at a time, without the lock of commits: the newest record always stays. Never edited. */
export const sql = /* sql */ `
CREATE FUNCTION trim_channel(_name text, _before bigint, _most integer) RETURNS TABLE (oldest bigint, more boolean)
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_bitmapscan = off
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  _number integer;
  _oldest bigint;
  _target bigint;
  _step bigint;
  _floor bigint;
BEGIN
  -- Another node may be at it.
  SELECT number, channel.oldest INTO _number, _oldest FROM channel WHERE name = _name FOR UPDATE;
  IF NOT FOUND THEN
    RETURN QUERY SELECT 1::bigint, false;
    RETURN;
  END IF;
  SELECT least(_before, max("offset")) INTO _target FROM record WHERE channel = _number;
  _step := least(_target, _oldest + _most);
  IF _step > _oldest THEN
    SELECT id INTO _floor FROM record WHERE channel = _number AND "offset" = _step - 1;
    DELETE FROM record WHERE channel = _number AND "offset" < _step;
    UPDATE channel SET oldest = _step, floor = _floor WHERE number = _number;
    _oldest := _step;
  END IF;
  RETURN QUERY SELECT _oldest, _oldest < _target;
END
$$;
`;
