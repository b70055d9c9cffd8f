import { describe, expect, it, vi } from 'vitest';
import { Emitter } from '../src/emitter.js';

interface Events {
  readonly number: number;
}

describe('Emitter', () => {
  it('calls listeners in the order in which they came, until they leave', () => {
    const emitter = new Emitter<Events>();
    const heard: string[] = [];
    const leave = emitter.on('number', (value) => heard.push(`a${value}`));
    emitter.on('number', (value) => heard.push(`b${value}`));
    emitter.emit('number', 1);
    leave();
    emitter.emit('number', 2);
    expect(heard).toEqual(['a1', 'b1', 'b2']);
  });

  it('holds the same function twice as two listeners', () => {
    const emitter = new Emitter<Events>();
    const listener = vi.fn();
    const leave = emitter.on('number', listener);
    emitter.on('number', listener);
    leave();
    leave();
    emitter.emit('number', 1);
    expect(listener).toHaveBeenCalledTimes(1);
  });

  it('does not tell a listener of the event during which it came', () => {
    const emitter = new Emitter<Events>();
    const late = vi.fn();
    emitter.on('number', () => emitter.on('number', late));
    emitter.emit('number', 1);
    expect(late).not.toHaveBeenCalled();
    emitter.emit('number', 2);
    expect(late).toHaveBeenCalledExactlyOnceWith(2);
  });

  it('tells the others when one throws, and throws it where the app can see it', async () => {
    const thrown = new Error('listener');
    const uncaught = new Promise((resolve) => {
      vi.stubGlobal('queueMicrotask', (task: () => void) => {
        try {
          task();
        } catch (error) {
          resolve(error);
        }
      });
    });
    const emitter = new Emitter<Events>();
    const other = vi.fn();
    emitter.on('number', () => {
      throw thrown;
    });
    emitter.on('number', other);
    emitter.emit('number', 1);
    vi.unstubAllGlobals();
    expect(other).toHaveBeenCalledWith(1);
    expect(await uncaught).toBe(thrown);
  });
});
