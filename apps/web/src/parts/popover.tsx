/** A small panel that hangs on a button: closed by Escape, by a press elsewhere, or when the focus leaves it. */
import { type ReactNode, useEffect, useId, useRef, useState } from 'react';

interface PopoverProps {
  readonly label: string;
  /** On which side of the button it hangs. */
  readonly place: 'above' | 'below';
  readonly align: 'start' | 'end';
  readonly button: (props: {
    readonly onClick: () => void;
    readonly 'aria-expanded': boolean;
    readonly 'aria-controls': string;
    readonly 'aria-haspopup': 'dialog';
  }) => ReactNode;
  readonly children: (close: () => void) => ReactNode;
}

export function Popover({ label, place, align, button, children }: PopoverProps) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const box = useRef<HTMLDivElement>(null);

  const close = (): void => {
    setOpen(false);
    box.current?.querySelector('button')?.focus();
  };

  useEffect(() => {
    if (!open) return undefined;
    const outside = (event: Event): void => {
      if (!box.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener('pointerdown', outside);
    document.addEventListener('focusin', outside);
    return () => {
      document.removeEventListener('pointerdown', outside);
      document.removeEventListener('focusin', outside);
    };
  }, [open]);

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape is heard here for the controls inside.
    <div
      ref={box}
      className="popover-box"
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !open) return;
        event.stopPropagation();
        close();
      }}
    >
      {button({
        onClick: () => setOpen(!open),
        'aria-expanded': open,
        'aria-controls': id,
        'aria-haspopup': 'dialog',
      })}
      {open ? (
        <div
          id={id}
          role="dialog"
          aria-label={label}
          className="popover"
          data-place={place}
          data-align={align}
        >
          {children(close)}
        </div>
      ) : null}
    </div>
  );
}
