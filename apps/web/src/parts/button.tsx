/** The page's buttons: one that is an icon with a name, and one that is a word. */
import type { LucideIcon } from 'lucide-react';
import type { ButtonHTMLAttributes } from 'react';

type Rest = Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'type' | 'className' | 'aria-label' | 'title'>;

export function IconButton(
  props: Rest & { readonly icon: LucideIcon; readonly label: string; readonly small?: boolean },
) {
  const { icon: Icon, label, small, ...rest } = props;
  return (
    <button
      type="button"
      className="icon-button"
      aria-label={label}
      title={label}
      data-small={small}
      {...rest}
    >
      <Icon className={small ? 'icon icon-small' : 'icon'} aria-hidden="true" />
    </button>
  );
}

export function Button(
  props: Rest & { readonly kind?: 'main' | 'plain' | 'danger' | 'link'; readonly submit?: boolean },
) {
  const { kind = 'plain', submit, ...rest } = props;
  return <button type={submit ? 'submit' : 'button'} className="button" data-kind={kind} {...rest} />;
}
