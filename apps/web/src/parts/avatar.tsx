/** A person as initials on a colour made from their name, with a dot for whether they are here. */
import { initials, tintOf } from '../text/person.js';

export function Avatar(props: { readonly name: string; readonly small?: boolean; readonly here?: boolean }) {
  const { name, small, here } = props;
  return (
    <span className="avatar" data-tint={tintOf(name)} data-small={small} aria-hidden="true">
      {initials(name)}
      {here === undefined ? null : <span className="dot" data-here={here} />}
    </span>
  );
}
