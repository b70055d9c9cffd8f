/**
 * Which message the pointer, the finger or the focus is on: it alone shows what can be done with it. The arrow keys go
 * from message to message.
 */
import { type FocusEvent, type KeyboardEvent, type MouseEvent, type PointerEvent, useState } from 'react';

export interface Active {
  /** The row's key. */
  readonly active: string | undefined;
  /** For the list. */
  readonly listeners: {
    readonly onPointerOver: (event: PointerEvent) => void;
    readonly onPointerLeave: (event: PointerEvent) => void;
    readonly onClick: (event: MouseEvent) => void;
    readonly onFocus: (event: FocusEvent) => void;
    readonly onKeyDown: (event: KeyboardEvent) => void;
  };
}

const MESSAGE = 'li[data-state]';

export function useActive(): Active {
  const [active, setActive] = useState<string>();
  return {
    active,
    listeners: {
      onPointerOver: (event) => {
        if (event.pointerType === 'mouse') setActive(rowOf(event.target));
      },
      onPointerLeave: (event) => {
        const focused = event.currentTarget.contains(document.activeElement);
        if (event.pointerType === 'mouse' && !focused) setActive(undefined);
      },
      onClick: ({ target, nativeEvent }) => {
        // On glass a press shows what can be done, and another one hides it.
        const touched = nativeEvent instanceof window.PointerEvent && nativeEvent.pointerType === 'touch';
        const row = rowOf(target);
        setActive(touched && row === active && !isControl(target) ? undefined : row);
      },
      onFocus: ({ target }) => {
        // A press that brings the focus is told of as a press.
        if (target.matches(':focus-visible')) setActive(rowOf(target));
      },
      onKeyDown: (event) => {
        if (event.target instanceof HTMLElement && event.target.matches(MESSAGE)) moveFocus(event);
      },
    },
  };
}

function rowOf(target: EventTarget): string | undefined {
  return target instanceof Element ? target.closest<HTMLElement>(MESSAGE)?.dataset.row : undefined;
}

function isControl(target: EventTarget): boolean {
  return target instanceof Element && target.closest('button, a') !== null;
}

function moveFocus(event: KeyboardEvent): void {
  if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
  event.preventDefault();
  const forward = event.key === 'ArrowDown';
  let row: Element | null = event.target as Element;
  do row = forward ? row.nextElementSibling : row.previousElementSibling;
  while (row && !row.matches(MESSAGE));
  if (row instanceof HTMLElement) row.focus();
}
