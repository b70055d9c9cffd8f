/** A few choices of which one holds. */
import { useId } from 'react';

interface ChoiceProps<Value extends string> {
  readonly label: string;
  readonly value: Value;
  readonly options: readonly (readonly [value: Value, label: string])[];
  readonly onChange: (value: Value) => void;
  /** One under the other instead of side by side. */
  readonly stacked?: boolean;
}

export function Choice<Value extends string>({
  label,
  value,
  options,
  onChange,
  stacked,
}: ChoiceProps<Value>) {
  const name = useId();
  return (
    <fieldset className="choice">
      <legend>{label}</legend>
      <div className={stacked ? 'choice-list' : 'choice-row'}>
        {options.map(([option, said]) => (
          <label key={option}>
            <input
              type="radio"
              name={name}
              value={option}
              checked={option === value}
              onChange={() => onChange(option)}
            />
            <span>{said}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
