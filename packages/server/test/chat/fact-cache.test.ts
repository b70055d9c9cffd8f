import { beforeEach, describe, expect, test } from 'vitest';
import { FactCache, type FactSet, NotLoaded } from '../../src/chat/fact-cache.js';
import { type Fact, type FactsAt, LogError, type TailRecord } from '../../src/log/log.js';

/** A set as a map, which counts what it is told. */
class TestSet implements FactSet {
  readonly values = new Map<string, string>();
  told = 0;
  bytes = 100;
  readonly #changed: () => void;
  #watched = false;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  get watched(): boolean {
    return this.#watched;
  }

  set watched(watched: boolean) {
    this.#watched = watched;
    this.#changed();
  }

  doubts = 0;

  doubt(): void {
    this.doubts += 1;
  }

  replace(facts: Iterable<Fact>): void {
    this.values.clear();
    for (const fact of facts) this.put(fact);
  }

  put({ key, value }: Fact): void {
    this.values.set(key, value);
  }

  remove(key: string): void {
    this.values.delete(key);
  }

  tell(): void {
    this.told++;
  }
}

/** A log of facts that answers when it is let. */
class SlowLog {
  readonly facts_ = new Map<string, Fact>();
  asked = 0;
  position = 0;
  failure: LogError | undefined;
  #gate: Promise<void> | undefined;

  write(key: string, value: string | null): TailRecord {
    const id = ++this.position;
    if (value === null) this.facts_.delete(key);
    else this.facts_.set(key, { key, value, id });
    return changeOf(id, key, value);
  }

  hold(): () => void {
    let release = (): void => {};
    this.#gate = new Promise((resolve) => {
      release = resolve;
    });
    return () => release();
  }

  async facts(keys: readonly string[]): Promise<FactsAt<readonly (Fact | undefined)[]>> {
    const at = { facts: keys.map((key) => this.facts_.get(key)), id: this.position };
    await this.#wait();
    return at;
  }

  async list(prefix: string, limit: number, after = ''): Promise<FactsAt<readonly Fact[]>> {
    const found = [...this.facts_.values()].filter(({ key }) => key.startsWith(prefix) && key > after);
    const facts = found.toSorted((a, b) => (a.key < b.key ? -1 : 1)).slice(0, limit);
    const at = { facts, id: this.position };
    await this.#wait();
    return at;
  }

  async #wait(): Promise<void> {
    this.asked++;
    await this.#gate;
    if (this.failure !== undefined) throw this.failure;
  }
}

function changeOf(id: number, key: string, value: string | null): TailRecord {
  const record = { id, offset: id, channel: 'c', sender: 's', data: '{}', time: 0 };
  return { ...record, changes: [{ key, value }] };
}

let log: SlowLog;
let cache: FactCache<TestSet>;
beforeEach(() => {
  log = new SlowLog();
  cache = new FactCache({ log, maxBytes: 100_000 });
});

const textOf = (key: string) => cache.peek(key)?.value;
const makeSet = (watched: () => void) => new TestSet(watched);

/** The set, once it is loaded. */
async function setOf(prefix: string): Promise<TestSet> {
  try {
    return cache.getSet(prefix, makeSet);
  } catch (error) {
    if (!(error instanceof NotLoaded)) throw error;
    await error.load();
    return setOf(prefix);
  }
}

describe('a fact', () => {
  test('is loaded once, whether it is there or not', async () => {
    log.write('u/ada', 'Ada');
    expect(cache.peek('u/ada')).toBeUndefined();
    expect(() => cache.get('u/ada')).toThrow(NotLoaded);
    await Promise.all([cache.load(['u/ada', 'u/bob']), cache.load(['u/bob'])]);
    expect(cache.get('u/ada')).toEqual({ key: 'u/ada', value: 'Ada', id: 1 });
    expect(cache.get('u/bob')).toBeUndefined();
    expect(cache.peek('u/bob')).toBeNull();
    await cache.load(['u/ada', 'u/bob']);
    expect(log.asked).toBe(1);
  });

  test('is loaded together with others that are looked at with it', async () => {
    await cache.load(['a']);
    const look = () => cache.getAll(['a', 'b', 'c']);
    const missing = (() => {
      try {
        return look();
      } catch (error) {
        return error;
      }
    })();
    expect(missing).toBeInstanceOf(NotLoaded);
    await (missing as NotLoaded).load();
    expect(look()).toEqual([undefined, undefined, undefined]);
    expect(log.asked).toBe(2);
  });

  test('changes as the tail says, from nothing and to nothing', async () => {
    await cache.load(['k']);
    cache.changed(changeOf(1, 'k', 'one'));
    expect(cache.peek('k')).toEqual({ key: 'k', value: 'one', id: 1 });
    cache.changed(changeOf(2, 'k', null));
    expect(cache.peek('k')).toBeNull();
    cache.changed({ ...changeOf(3, 'other', 'x') });
    expect(cache.peek('other')).toBeUndefined();
  });

  test('that was loaded ahead of the tail is not taken back by what the tail tells late', async () => {
    const early = log.write('k', 'early');
    log.write('k', 'late');
    await cache.load(['k']);
    cache.changed(early);
    expect(textOf('k')).toBe('late');
    cache.changed(changeOf(2, 'k', 'late'));
    cache.changed(changeOf(3, 'k', 'later'));
    expect(textOf('k')).toBe('later');
  });

  test('that changes while it is being loaded is as the tail said', async () => {
    log.write('k', 'before');
    const release = log.hold();
    const loading = cache.load(['k']);
    cache.changed(log.write('k', 'meanwhile'));
    release();
    await loading;
    expect(cache.peek('k')).toEqual({ key: 'k', value: 'meanwhile', id: 2 });
  });

  test('is loaded anew where ids were skipped meanwhile', async () => {
    log.write('k', 'before');
    const release = log.hold();
    const loading = cache.load(['k']);
    log.write('k', 'never told');
    cache.skipped();
    release();
    await loading;
    expect(textOf('k')).toBe('never told');
    cache.skipped();
    expect(cache.peek('k')).toBeUndefined();
  });

  test('that could not be loaded is asked for again', async () => {
    log.failure = new LogError('unavailable', 'gone');
    await expect(cache.load(['k'])).rejects.toBe(log.failure);
    log.failure = undefined;
    await cache.load(['k']);
    expect(cache.peek('k')).toBeNull();
  });

  test('that is forgotten is loaded anew', async () => {
    await cache.load(['k']);
    cache.forget(['k', 'never held']);
    expect(cache.peek('k')).toBeUndefined();
    expect(cache.bytes).toBe(0);
  });
});

describe('what is held', () => {
  test('is bounded in bytes, and what was used stays longer', async () => {
    cache = new FactCache({ log, maxBytes: 3000 });
    await cache.load(['used']);
    for (let count = 0; count < 100; count++) {
      cache.peek('used');
      await cache.load([`k${count}`]);
      expect(cache.bytes).toBeLessThanOrEqual(3000);
    }
    expect(cache.peek('used')).toBeNull();
    expect(cache.peek('k99')).toBeNull();
    expect(cache.peek('k0')).toBeUndefined();
  });

  test('keeps a set that is watched, and lets go of it once it no longer is', async () => {
    cache = new FactCache({ log, maxBytes: 3000 });
    const watched = await setOf('b/ada/');
    watched.watched = true;
    for (let count = 0; count < 50; count++) await cache.load([`k${count}`]);
    expect(await setOf('b/ada/')).toBe(watched);
    watched.watched = false;
    for (let count = 0; count < 50; count++) await cache.load([`l${count}`]);
    expect(await setOf('b/ada/')).not.toBe(watched);
    expect(cache.bytes).toBeLessThanOrEqual(3000);
  });
});

describe('a set', () => {
  test('has all facts of its prefix, and changes as the tail says', async () => {
    for (const key of ['b/ada/x', 'b/ada/y', 'b/adam/z']) log.write(key, '1');
    const set = await setOf('b/ada/');
    expect([...set.values.keys()]).toEqual(['b/ada/x', 'b/ada/y']);
    const told = set.told;
    cache.changed(log.write('b/ada/z', '2'));
    cache.changed(log.write('b/ada/x', null));
    cache.changed(log.write('b/adam/y', '2'));
    expect([...set.values]).toEqual([
      ['b/ada/y', '1'],
      ['b/ada/z', '2'],
    ]);
    expect(set.told - told).toBe(2);
    expect(await setOf('b/ada/')).toBe(set);
    expect(log.asked).toBe(1);
  });

  test('takes what changes while it is being loaded, and not what its load has already', async () => {
    const early = log.write('b/ada/gone', '1');
    const removed = log.write('b/ada/gone', null);
    log.write('b/ada/x', '1');
    const release = log.hold();
    const loading = Promise.all([setOf('b/ada/'), setOf('b/ada/')]);
    cache.changed(early);
    cache.changed(log.write('b/ada/y', '2'));
    cache.changed(log.write('b/ada/x', null));
    release();
    const [set, same] = await loading;
    expect(same).toBe(set);
    expect([...set.values]).toEqual([['b/ada/y', '2']]);
    cache.changed(early);
    cache.changed(removed);
    expect([...set.values]).toEqual([['b/ada/y', '2']]);
  });

  test('of many pages knows of each how far it was loaded', async () => {
    for (let count = 0; count < 10_001; count++) log.write(`b/ada/${String(count).padStart(5, '0')}`, '1');
    const late = changeOf(10_001, 'b/ada/00000', 'late');
    const set = await setOf('b/ada/');
    expect(set.values.size).toBe(10_001);
    cache.changed(late);
    expect(set.values.get('b/ada/00000')).toBe('1');
    cache.changed(changeOf(10_002, 'b/ada/00000', 'new'));
    cache.changed(changeOf(10_003, 'b/ada/10000', null));
    expect(set.values.get('b/ada/00000')).toBe('new');
    expect(set.values.size).toBe(10_000);
  });

  test('that is watched stays the same object when ids were skipped, and is loaded anew', async () => {
    log.write('b/ada/x', '1');
    const set = await setOf('b/ada/');
    set.watched = true;
    log.write('b/ada/x', null);
    log.write('b/ada/y', '1');
    cache.skipped();
    expect(() => cache.getSet('b/ada/', makeSet)).toThrow(NotLoaded);
    await cache.refresh();
    expect(cache.getSet('b/ada/', makeSet)).toBe(set);
    expect([...set.values.keys()]).toEqual(['b/ada/y']);
  });

  test('that could not be loaded anew is so the next time', async () => {
    const set = await setOf('b/ada/');
    set.watched = true;
    log.write('b/ada/y', '1');
    cache.skipped();
    log.failure = new LogError('unavailable', 'gone');
    await expect(cache.refresh()).rejects.toBe(log.failure);
    log.failure = undefined;
    expect(await setOf('b/ada/')).toBe(set);
    expect(set.values.size).toBe(1);
    await cache.refresh();
    expect(log.asked).toBe(3);
  });

  test('that nobody watches any more is not loaded anew', async () => {
    const set = await setOf('b/ada/');
    set.watched = true;
    cache.skipped();
    set.watched = false;
    await cache.refresh();
    expect(log.asked).toBe(1);
    expect(await setOf('b/ada/')).not.toBe(set);
  });
});
