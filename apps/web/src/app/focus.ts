/** Where the focus goes when what had it is taken away. */
import { isTouch } from './platform.js';

/** To where one writes; on glass nowhere, lest the keyboard come up unasked. */
export function focusComposer(): void {
  if (!isTouch()) document.querySelector<HTMLElement>('.composer textarea')?.focus();
}

/** To the message that the control belongs to. */
export function focusMessage(control: Element): void {
  control.closest<HTMLElement>('li[data-state]')?.focus();
}
