/** A floating panel over the page, the cursor in its first field. The platform's own dialog keeps the focus in it, and gives it back afterwards. */
import { X } from 'lucide-react';
import { type ReactNode, useLayoutEffect, useRef } from 'react';
import { useWords } from '../app/words.js';
import { IconButton } from './button.js';

interface DialogProps {
  readonly title: string;
  /** Drawn without its title, which then is said only to those who listen. */
  readonly bare?: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

export function Dialog({ title, bare, onClose, children }: DialogProps) {
  const { t } = useWords();
  const dialog = useRef<HTMLDialogElement>(null);
  // Before it is taken out of the document: closed later, it could not give the focus back.
  useLayoutEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    shown?.querySelector('input')?.focus();
    return () => shown?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      className="dialog"
      aria-label={title}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      // The dialog's own box is filled by the sheet: a press that meets the dialog itself was beside it.
      onPointerDown={(event) => {
        if (event.target === event.currentTarget) onClose();
      }}
    >
      <div className="sheet">
        {bare ? null : (
          <header className="sheet-head">
            <h2>{title}</h2>
            <IconButton icon={X} label={t.close} onClick={onClose} />
          </header>
        )}
        {children}
      </div>
    </dialog>
  );
}
