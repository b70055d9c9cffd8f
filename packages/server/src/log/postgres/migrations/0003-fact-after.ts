/** What changes make of a fact, one after the other: an aggregate to be used over a window. Never edited. */
export const sql = /* sql */ `
CREATE FUNCTION integer_of(_value text) RETURNS numeric LANGUAGE sql IMMUTABLE
AS $$ SELECT CASE WHEN _value ~ '^-?[0-9]+$' THEN _value::numeric ELSE 0 END $$;

-- The state is the value (null: there is none) and whether this very change has set it.
CREATE FUNCTION fact_step(_state text[], _before text, _kind text, _argument text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE
SET search_path FROM CURRENT
AS $$
DECLARE
  _value text := CASE WHEN _state IS NULL THEN _before ELSE _state[1] END;
BEGIN
  IF _kind = 'set' THEN
    RETURN ARRAY[_argument, 'set'];
  ELSIF _kind = 'atLeast' THEN
    IF _value IS NULL OR _argument::numeric > integer_of(_value) THEN
      RETURN ARRAY[_argument, 'set'];
    END IF;
  ELSIF _kind = 'add' THEN
    _argument := nullif(integer_of(_value) + _argument::numeric, 0)::text;
    IF _argument IS DISTINCT FROM _value THEN
      RETURN ARRAY[_argument, 'set'];
    END IF;
  END IF;
  RETURN ARRAY[_value, NULL];
END
$$;

CREATE AGGREGATE fact_after(text, text, text) (SFUNC = fact_step, STYPE = text[]);
`;
