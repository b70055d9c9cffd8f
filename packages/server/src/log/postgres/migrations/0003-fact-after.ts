/** What changes make of a fact, one after the other: an aggregate to be used over a window. Never edited. */
export const sql = /* sql */ `
-- The state is the value (null: there is none) and whether this very change has set it. It has no settings of its own,
-- which would cost more than the rest.
CREATE FUNCTION fact_step(_state text[], _before text, _kind text, _argument text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE
AS $$
DECLARE
  _value text := CASE WHEN _state IS NULL THEN _before ELSE _state[1] END;
  _number numeric;
BEGIN
  IF _kind = 'set' THEN
    RETURN ARRAY[_argument, 'set'];
  END IF;
  _number := CASE WHEN _value ~ '^-?[0-9]+$' THEN _value::numeric ELSE 0 END;
  IF _kind = 'atLeast' THEN
    IF _value IS NULL OR _argument::numeric > _number THEN
      RETURN ARRAY[_argument, 'set'];
    END IF;
  ELSE
    _argument := nullif(_number + _argument::numeric, 0)::text;
    IF _argument IS DISTINCT FROM _value THEN
      RETURN ARRAY[_argument, 'set'];
    END IF;
  END IF;
  RETURN ARRAY[_value, NULL];
END
$$;

CREATE AGGREGATE fact_after(text, text, text) (SFUNC = fact_step, STYPE = text[]);
`;
