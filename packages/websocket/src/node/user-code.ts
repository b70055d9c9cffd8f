/**
 * The one door to what the application handed in: listeners, callbacks, verifiers. What it throws surfaces as an uncaught
 * exception in a turn of its own, so that no state is left half-changed and no other connection is harmed. Whoever goes
 * through it has finished changing its own state.
 */
import type { EventEmitter } from 'node:events';
import { afterTurn } from './turn.js';

/** Calls it, and has what it throws surface later. */
export function callUser<Args extends unknown[]>(
  code: (...args: Args) => void,
  self: unknown,
  ...args: Args
): void {
  try {
    code.apply(self, args);
  } catch (error) {
    surface(error);
  }
}

/** Emits an event; answers whether anyone listens. */
export function emitToUser(emitter: object, event: string, ...values: unknown[]): boolean {
  try {
    return (emitter as EventEmitter).emit(event, ...values);
  } catch (error) {
    surface(error);
    return true;
  }
}

/** Throws it where nothing of ours is under way. */
export function surface(error: unknown): void {
  afterTurn(() => {
    throw error;
  });
}
