import { describe, expect, it, vi } from 'vitest';
import { TokenSource } from '../src/token.js';

describe('TokenSource', () => {
  it('gives a fixed token until it is refused', async () => {
    const source = new TokenSource('t', undefined);
    expect(await source.get()).toBe('t');
    source.refuse('t');
    expect(await source.get()).toBeNull();
  });

  it('asks the app once, however many want it at the same time', async () => {
    const getToken = vi.fn(async () => 't');
    const source = new TokenSource(undefined, getToken);
    expect(await Promise.all([source.get(), source.get()])).toEqual(['t', 't']);
    expect(await source.get()).toBe('t');
    expect(getToken).toHaveBeenCalledExactlyOnceWith({ refused: false });
  });

  it('asks again for a token that was refused, and says so', async () => {
    const tokens = ['old', 'new'];
    const getToken = vi.fn(() => tokens.shift()!);
    const source = new TokenSource(undefined, getToken);
    source.refuse((await source.get())!);
    expect(await source.get()).toBe('new');
    expect(getToken).toHaveBeenLastCalledWith({ refused: true });
  });

  it('gives up when a fresh token is refused as well, until the user says so or one is accepted', async () => {
    let count = 0;
    const source = new TokenSource(undefined, () => `t${++count}`);
    source.refuse((await source.get())!);
    source.refuse((await source.get())!);
    expect(await source.get()).toBeNull();
    source.reset();
    const token = (await source.get())!;
    source.refuse(token);
    const next = (await source.get())!;
    source.accept(next);
    source.refuse(next);
    expect(await source.get()).toBe('t5');
  });

  it('counts a token that several requests had refused once', async () => {
    let count = 0;
    const source = new TokenSource(undefined, () => `t${++count}`);
    const token = (await source.get())!;
    source.refuse(token);
    source.refuse(token);
    expect(await source.get()).toBe('t2');
    source.refuse(token);
    expect(await source.get()).toBe('t2');
  });

  it('passes on that the app could not say, and asks again the next time', async () => {
    const getToken = vi
      .fn<() => Promise<string>>()
      .mockRejectedValueOnce(new Error('away'))
      .mockResolvedValue('t');
    const source = new TokenSource(undefined, getToken);
    await expect(source.get()).rejects.toThrow('away');
    expect(await source.get()).toBe('t');
  });
});
