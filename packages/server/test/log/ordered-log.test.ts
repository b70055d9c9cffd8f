import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { type Epoch, type Log, LogError } from '../../src/log/log.js';
import { MemoryStorage } from '../../src/log/memory-storage.js';
import { OrderedLog, type OrderedLogOptions } from '../../src/log/ordered-log.js';
import type { Storage } from '../../src/log/storage.js';
import { settle } from '../support/wait.js';
import { later, record } from './fixtures.js';
import { DEAF, fill, idsOf, listen, message, range, texts } from './subject.js';

let storage: MemoryStorage;
let failures: unknown[];
beforeEach(() => {
  storage = new MemoryStorage({ now: () => 0, epoch: 'first' });
  failures = [];
});

/** The storage with other answers to some of what it is asked. */
function over(own: Partial<Storage>, base: Storage = storage): Storage {
  return {
    durability: own.durability ?? base.durability,
    opened: own.opened ?? base.opened,
    commit: own.commit ?? ((batch) => base.commit(batch)),
    state: own.state ?? (() => base.state()),
    tail: own.tail ?? ((...request) => base.tail(...request)),
    read: own.read ?? ((...request) => base.read(...request)),
    readAfter: own.readAfter ?? ((request) => base.readAfter(request)),
    extents: own.extents ?? ((...request) => base.extents(...request)),
    facts: own.facts ?? ((keys) => base.facts(keys)),
    list: own.list ?? ((...request) => base.list(...request)),
    channels: own.channels ?? ((...request) => base.channels(...request)),
    trim: own.trim ?? ((...request) => base.trim(...request)),
    watch: own.watch ?? ((changed) => base.watch(changed)),
    close: own.close ?? (() => base.close()),
  };
}

function open(on: Storage = storage, options: Partial<OrderedLogOptions> = {}): OrderedLog {
  const log = new OrderedLog(on, { ...later, failed: (error) => failures.push(error), ...options });
  onTestFinished(() => log.close());
  return log;
}

/** A promise with what settles it. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let release = (): void => {};
  const opened = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { opened, open: release };
}

describe('a commit of which nobody knows', () => {
  test('whether it was carried out is told all the same, where it was', async () => {
    const broken = new LogError('unavailable', 'The writer died.');
    let dies = false;
    const log = open(
      over({
        commit: async (batch) => {
          const committed = await storage.commit(batch);
          if (dies) throw broken;
          return committed;
        },
      }),
    );
    const { records } = listen(log);
    await log.append({ records: [message('room:a', '1')] });
    await log.append({ records: [message('room:a', '2')] });
    dies = true;
    const third = { records: [message('room:a', '3', 'k')] };
    await expect(log.append(third)).rejects.toBe(broken);
    dies = false;
    await log.append({ records: [message('room:a', '4')] });
    expect(texts(records)).toEqual(['1', '2', '3', '4']);
    expect((await log.append(third))[0]).toMatchObject({ id: 3, duplicate: true });
    // Of the writer, and of no hole.
    expect(failures).toEqual([broken]);
  });

  test('is told although nothing comes after it', async () => {
    const log = open(
      over({
        commit: async (batch) => {
          await storage.commit(batch);
          throw new LogError('unavailable', 'The writer died.');
        },
      }),
    );
    const { records } = listen(log);
    await expect(log.append({ records: [message('room:a', '1')] })).rejects.toThrow('died');
    await settle();
    expect(idsOf(records)).toEqual([1]);
  });
});

test('why nothing can be committed is told whoever runs the log, once until something can', async () => {
  const full = new LogError('full', 'There is no room left.');
  let isFull = true;
  const log = open(
    over({
      commit: async (batch) => {
        if (isFull) throw full;
        return storage.commit(batch);
      },
    }),
  );
  const fail = () => expect(log.append({ records: [message('room:a', '1')] })).rejects.toBe(full);
  await fail();
  await fail();
  expect(failures).toEqual([full]);
  isFull = false;
  await log.append({ records: [message('room:a', '1')] });
  isFull = true;
  await fail();
  expect(failures).toEqual([full, full]);
});

describe('an append', () => {
  test('resolves only once everything before it was told', async () => {
    const tailing = gate();
    const log = open(
      over({
        tail: async (...request) => {
          await tailing.opened;
          return storage.tail(...request);
        },
        watch: () => () => {},
      }),
    );
    const { records } = listen(log);
    await storage.another().commit([{ records: [record('room:a', 'of another')] }]);
    let resolved = false;
    const appended = log.append({ records: [message('room:a', '2')] }).then(() => {
      resolved = true;
    });
    await settle();
    expect([resolved, records.length]).toEqual([false, 0]);
    tailing.open();
    await appended;
    expect(idsOf(records)).toEqual([1, 2]);
  });

  test('that was committed while the log closed is told as such', async () => {
    const log = open(over({ tail: () => new Promise(() => {}), watch: () => () => {} }));
    await storage.another().commit([{ records: [record('room:a', 'of another')] }]);
    const appended = log.append({ records: [message('room:a', '2')] });
    await settle();
    await log.close();
    expect(await appended).toMatchObject([{ id: 2 }]);
  });
});

describe('a late log', () => {
  /** A log that is told of nothing until it asks. */
  const late = (own: Partial<Storage> = {}): Log =>
    open(over({ watch: () => () => {}, ...own }, storage.another()));

  test('answers as of where it is', async () => {
    const log = late();
    const writer = open();
    await fill({ log: writer }, 'room:a', 3);
    expect(log.position).toBe(0);
    expect((await log.read({ channel: 'room:a', limit: 9 })).records).toEqual([]);
    expect(await log.heads(['room:a'])).toEqual([{ offset: 0, id: 0 }]);
    const places = [{ channel: 'room:a', after: 0 }];
    expect(await log.readAfter({ channels: places, limit: 9 })).toEqual({
      records: [],
      holes: [],
      through: 0,
    });
    await log.catchUp();
    expect((await log.readAfter({ channels: places, limit: 9 })).through).toBe(3);
    expect(await log.heads(['room:a'])).toEqual([{ offset: 3, id: 3 }]);
  });

  test('knows a channel to end where all that it has of it was trimmed', async () => {
    const writer = open();
    await fill({ log: writer }, 'room:a', 5);
    const log = late({ opened: await storage.state() });
    await fill({ log: writer }, 'room:a', 5);
    await writer.trim('room:a', 6);
    expect(log.position).toBe(5);
    expect(await log.heads(['room:a'])).toEqual([{ offset: 5, id: 5 }]);
    const { records, gap } = await log.read({ channel: 'room:a', after: 2, limit: 9 });
    expect(records).toEqual([]);
    expect(gap).toMatchObject({ reason: 'retention', from: 3, to: 5 });
  });

  test('makes itself current before it says that a place is of another log', async () => {
    const log = late();
    await fill({ log: open() }, 'room:a', 3);
    const { gap, head } = await log.read({ channel: 'room:a', after: 3, limit: 9 });
    expect(gap).toBeUndefined();
    expect(head.offset).toBe(3);
  });

  test('makes itself current before it judges a place of an epoch that it does not know', async () => {
    let epochs: readonly Epoch[] = [{ name: 'first', first: 1 }];
    const log = late({
      state: async () => ({ ...(await storage.state()), epochs }),
      tail: async (...request) => ({ ...(await storage.tail(...request)), epochs }),
    });
    await fill({ log: open() }, 'room:a', 3);
    epochs = [...epochs, { name: 'second', first: 3 }];
    const { gap, head } = await log.read({ channel: 'room:a', after: 3, epoch: 'second', limit: 9 });
    expect(gap).toBeUndefined();
    expect(head).toEqual({ epoch: 'second', offset: 3 });
    // Of the first epoch the place lies beyond the end, and one before it does not.
    const beyond = await log.read({ channel: 'room:a', after: 3, epoch: 'first', limit: 9 });
    expect(beyond.gap).toMatchObject({ reason: 'epoch', epoch: 'second', from: 1, to: 0 });
    expect(texts(beyond.records)).toEqual(['1', '2', '3']);
    const before = await log.read({ channel: 'room:a', after: 2, epoch: 'first', limit: 9 });
    expect(before.gap).toBeUndefined();
    expect(texts(before.records)).toEqual(['3']);
  });

  test('keeps no head that was read before a newer one was told', async () => {
    const reading = gate();
    const log = open(
      over({
        extents: async (...request) => {
          const extents = await storage.extents(...request);
          await reading.opened;
          return extents;
        },
      }),
      { maxHeads: 1, recentBytes: 2000 },
    );
    await storage.another().commit([{ records: [record('room:a', '1')] }]);
    await log.reached(1);
    await log.append({ records: range(1, 20).map(() => message('room:b', 'x')) });
    const heads = log.heads(['room:a']);
    await settle();
    await log.append({ records: [message('room:a', '2'), message('room:c', 'x')] });
    reading.open();
    expect(await heads).toEqual([{ offset: 2, id: 22 }]);
    // And when the newer one is no longer at hand, it does not come back.
    await log.append({ records: range(1, 20).map(() => message('room:c', 'x')) });
    expect(await log.heads(['room:a'])).toEqual([{ offset: 2, id: 22 }]);
  });

  test('that was too late for what was trimmed says what it has skipped', async () => {
    const log = late();
    const { records, skips } = listen(log);
    const writer = open();
    await fill({ log: writer }, 'room:a', 10);
    await writer.trim('room:a', 9);
    await log.catchUp();
    expect(skips).toEqual([{ from: 1, to: 8 }]);
    expect(idsOf(records)).toEqual([9, 10]);
    expect(failures).toMatchObject([{ code: 'unavailable' }]);
    const places = [{ channel: 'room:a', after: 3 }];
    expect(await log.readAfter({ channels: places, limit: 9 })).toMatchObject({
      holes: [{ channel: 'room:a', id: 8, offset: 8 }],
      through: 10,
    });
  });
});

describe('a storage that has gone back', () => {
  /** Ten commits, of which the last five are lost; another branch with another epoch goes on from there. */
  const setUp = async () => {
    const lost = new MemoryStorage({ now: () => 0, epoch: 'first' });
    await fill({ log: open() }, 'room:a', 5);
    await lost.commit([{ records: range(1, 10).map((text) => message('room:a', `${text}`)) }]);
    let failedOver = false;
    const epochs = [
      { name: 'first', first: 1 },
      { name: 'second', first: 6 },
    ];
    const now = (): Storage => (failedOver ? storage : lost);
    let changed = (): void => {};
    let begun = false;
    const log = open(
      over(
        {
          commit: async (batch) => {
            const committed = await now().commit(batch);
            const began = failedOver && !begun;
            begun ||= failedOver;
            return began ? { ...committed, epochs } : committed;
          },
          state: async () => (begun ? { ...(await now().state()), epochs } : now().state()),
          tail: async (...request) => {
            const page = await now().tail(...request);
            return begun ? { ...page, epochs } : page;
          },
          read: (...request) => now().read(...request),
          readAfter: (request) => now().readAfter(request),
          watch: (listener) => {
            changed = listener;
            return () => {};
          },
        },
        lost.another(),
      ),
    );
    const told: (string | number)[] = [];
    log.follow({
      ...DEAF,
      told: (records) => told.push(...texts(records)),
      wentBack: (to) => {
        expect(log.position).toBe(to);
        told.push(to);
      },
    });
    const failOver = (): void => {
      failedOver = true;
    };
    const writeElsewhere = async (count: number, told = true): Promise<void> => {
      await storage.commit([{ records: range(1, count).map((text) => message('room:a', `new ${text}`)) }]);
      begun = true;
      if (told) changed();
      await settle();
    };
    return { log, told, failOver, writeElsewhere };
  };

  test('is followed from there when another has begun its new epoch, though its head has grown', async () => {
    const { log, told, failOver, writeElsewhere } = await setUp();
    expect(log.position).toBe(10);
    failOver();
    await writeElsewhere(8);
    expect(told).toEqual([5, ...range(1, 8).map((text) => `new ${text}`)]);
    expect(log.position).toBe(13);
    expect(log.epochs.map(({ name }) => name)).toEqual(['first', 'second']);
    const { records } = await log.read({ channel: 'room:a', after: 4, limit: 3 });
    expect(texts(records)).toEqual(['5', 'new 1', 'new 2']);
    expect((await log.read({ channel: 'room:a', after: 8, epoch: 'first', limit: 1 })).gap).toMatchObject({
      reason: 'epoch',
    });
  });

  test('is followed from there when the head has not grown as far', async () => {
    const { log, told, failOver, writeElsewhere } = await setUp();
    failOver();
    await writeElsewhere(2);
    expect(told).toEqual([5, 'new 1', 'new 2']);
    expect(log.position).toBe(7);
  });

  test('is followed from there when this log begins the new epoch itself', async () => {
    const { log, told, failOver } = await setUp();
    await log.append({ records: [message('room:a', '11')] });
    failOver();
    const [appended] = await log.append({ records: [message('room:a', 'mine')] });
    expect(appended).toMatchObject({ id: 6, position: { epoch: 'second', offset: 6 } });
    expect(told).toEqual(['11', 5, 'mine']);
    expect(await log.heads(['room:a'])).toEqual([{ offset: 6, id: 6 }]);
  });

  test('is followed from there when this log appends to it before it has heard of the new epoch', async () => {
    const { log, told, failOver, writeElsewhere } = await setUp();
    failOver();
    await writeElsewhere(2, false);
    const [appended] = await log.append({ records: [message('room:a', 'mine')] });
    expect(appended).toMatchObject({ id: 8, position: { epoch: 'second', offset: 8 } });
    expect(told).toEqual([5, 'new 1', 'new 2', 'mine']);
    expect(log.position).toBe(8);
  });
});

describe('followers', () => {
  test('that throw keep nothing from the others, and are heard of', async () => {
    const thrown: unknown[] = [];
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => thrown.push(error));
    onTestFinished(() => {
      process.removeAllListeners('uncaughtException');
      for (const listener of listeners) process.on('uncaughtException', listener);
    });
    const log = open();
    const broken = new Error('of the follower');
    log.follow({
      ...DEAF,
      told: () => {
        throw broken;
      },
    });
    const { records } = listen(log);
    await log.append({ records: [message('room:a', '1')] });
    await settle();
    expect(idsOf(records)).toEqual([1]);
    expect(thrown).toEqual([broken]);
  });
});

describe('what is at hand', () => {
  test('is read without asking the storage', async () => {
    const asked: string[] = [];
    const log = open(
      over({
        read: (...request) => {
          asked.push('read');
          return storage.read(...request);
        },
        readAfter: (request) => {
          asked.push('readAfter');
          return storage.readAfter(request);
        },
        extents: (...request) => {
          asked.push('extents');
          return storage.extents(...request);
        },
      }),
    );
    await fill({ log }, 'room:a', 10);
    await log.read({ channel: 'room:a', after: 3, limit: 5 });
    await log.read({ channel: 'room:a', limit: 5, newestFirst: true });
    await log.readAfter({ channels: [{ channel: 'room:a', after: 2 }], limit: 5 });
    // Of one without news nothing is asked, wherever its records are.
    await log.readAfter({ channels: [{ channel: 'room:a', after: 10 }], limit: 5 });
    await log.heads(['room:a']);
    expect(log.newest('room:a')).toBe(10);
    expect(asked).toEqual([]);
    await log.heads(['room:b']);
    await log.heads(['room:b']);
    expect(asked).toEqual(['extents']);
    await log.trim('room:a', 4);
    await log.readAfter({ channels: [{ channel: 'room:a', after: 3 }], limit: 5 });
    expect(asked).toEqual(['extents']);
    await log.readAfter({ channels: [{ channel: 'room:a', after: 2 }], limit: 5 });
    expect(asked).toEqual(['extents', 'readAfter']);
  });
});

test('a retry of what another node has committed is answered without waiting to hear of it', async () => {
  const here = open(storage);
  const there = open(over({ watch: () => () => {} }, storage.another()));
  const append = { records: [record('room:a', 'x', 'k')] };
  const [first] = await here.append(append);
  expect(await there.append(append)).toEqual([{ ...first, duplicate: true }]);
  expect(there.position).toBe(first!.id);
});
