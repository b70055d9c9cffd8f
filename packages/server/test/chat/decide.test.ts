import { CommandError } from '@fullduplex/wire';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Context } from '../../src/chat/context.js';
import { decide, decideChange, look } from '../../src/chat/decide.js';
import { FactCache, NotLoaded } from '../../src/chat/fact-cache.js';
import { UnderWay } from '../../src/chat/under-way.js';
import { LogError } from '../../src/log/log.js';
import { codeOf, TestClock, TestLog, TestPresence, turn } from './fixtures.js';

class CountingLog extends TestLog {
  caughtUp = 0;

  override async catchUp(): Promise<void> {
    this.caughtUp++;
    return super.catchUp();
  }
}

let log: CountingLog;
let context: Context;
beforeEach(() => {
  log = new CountingLog();
  context = {
    log,
    presence: new TestPresence(),
    clock: new TestClock(),
    limits: {} as Context['limits'],
    announce: () => {},
    facts: new FactCache({ log, maxBytes: 1_000_000 }),
    changing: new Map(),
    underWay: new UnderWay(),
    handing: new Map(),
  };
});

const refusal = () => new CommandError('not_a_member', 'Join first.');
const changed = () => new LogError('fact_changed', 'It changed.');
const appendFact = { append: { records: [], facts: [{ key: 'k', value: '1' }] }, answer: () => 'done' };

describe('a rule', () => {
  test('answers at once, without asking anyone', async () => {
    expect(await look(context, 'ada', () => 7)).toBe(7);
    expect([log.asked, log.caughtUp, log.appends.length]).toEqual([0, 0, 0]);
  });

  test('is run again from its beginning, once what it looks at is loaded', async () => {
    let runs = 0;
    const found = await look(context, 'ada', () => {
      runs++;
      return [context.facts.get('a'), context.facts.get('b')];
    });
    expect(found).toEqual([undefined, undefined]);
    expect([runs, log.asked]).toEqual([3, 2]);
  });

  test('refuses only after this node has caught up, and looked again', async () => {
    let runs = 0;
    const refused = look(context, 'ada', () => {
      runs++;
      throw refusal();
    });
    expect(await codeOf(refused)).toBe('not_a_member');
    expect([runs, log.caughtUp]).toEqual([2, 1]);
    const late = look(context, 'ada', () => {
      if (++runs === 3) throw refusal();
      return 'permitted';
    });
    expect(await late).toBe('permitted');
  });

  test('refuses what no other node could permit at once', async () => {
    const refused = look(context, 'ada', () => {
      throw new CommandError('bad_request', 'No.');
    });
    expect(await codeOf(refused)).toBe('bad_request');
    expect(log.caughtUp).toBe(0);
  });

  test('is refused only after what the same user may have changed before is over', async () => {
    const order: string[] = [];
    const release = log.hold();
    const change = decideChange(context, 'ada', () => appendFact).then(() => order.push('changed'));
    const refused = codeOf(
      look(context, 'ada', () => {
        throw refusal();
      }),
    ).then(() => order.push('refused'));
    const other = codeOf(
      look(context, 'bob', () => {
        throw refusal();
      }),
    ).then(() => order.push('other refused'));
    await other;
    release();
    await Promise.all([change, refused]);
    expect(order).toEqual(['other refused', 'changed', 'refused']);
    await turn();
    expect(context.changing.size).toBe(0);
  });

  test('that never comes to its end fails', async () => {
    const endless = look(context, 'ada', () => {
      throw new NotLoaded(async () => {});
    });
    expect(await codeOf(endless)).toBe('internal');
  });
});

describe('an append', () => {
  test('is judged anew where a fact has changed, after catching up', async () => {
    let runs = 0;
    log.failures.push(changed(), changed());
    const done = decide(context, 'ada', () => {
      runs++;
      return appendFact;
    });
    expect(await done).toBe('done');
    expect([runs, log.caughtUp]).toEqual([3, 2]);
  });

  test('is given up, to be tried again, where facts keep changing', async () => {
    for (let count = 0; count < 100; count++) log.failures.push(changed());
    expect(await codeOf(decide(context, 'ada', () => appendFact))).toBe('unavailable');
    expect(log.appends.length).toBeLessThanOrEqual(16);
  });

  test('that was permitted by what changed with no record is judged by the fact itself', async () => {
    await context.facts.load(['k']);
    await log.append({ records: [], facts: [{ key: 'k', value: 'silent' }] });
    const done = decide(context, 'ada', () => {
      const id = context.facts.get('k')?.id ?? 0;
      return { append: { records: [], facts: [], when: [{ key: 'k', id }] }, answer: () => id };
    });
    expect(await done).toBe(1);
  });

  test.each([
    ['unavailable', 'unavailable'],
    ['full', 'storage_full'],
    ['closed', 'shutting_down'],
  ] as const)('that fails with %s is not tried again', async (code, told) => {
    log.failures.push(new LogError(code, ''));
    expect(await codeOf(decide(context, 'ada', () => appendFact))).toBe(told);
    expect(log.appends).toHaveLength(1);
  });

  test('waits for one from here that changes what it names, however many there are', async () => {
    const key = 'n/room:tea';
    log.follow({
      told: (records) => {
        for (const record of records) context.facts.changed(record);
      },
      skipped: () => {},
      wentBack: () => {},
    });
    const order: number[] = [];
    const count = (name: number) =>
      decide(context, `user${name}`, () => {
        const fact = context.facts.get(key);
        const when = [{ key, id: fact?.id ?? 0 }];
        const records = [{ channel: 'c', sender: 's', data: '{}' }];
        return { append: { records, facts: [{ key, add: 1 }], when }, answer: () => order.push(name) };
      });
    const names = Array.from({ length: 40 }, (_, index) => index);
    await Promise.all(names.map(count));
    expect(order).toEqual(names);
    expect(log.appends).toHaveLength(names.length);
  });
});

test('a storage that cannot be reached is said to be so, wherever it is asked', async () => {
  const gone = new LogError('unavailable', 'gone');
  log.facts = () => Promise.reject(gone);
  expect(await codeOf(look(context, 'ada', () => context.facts.get('k')))).toBe('unavailable');
  log.catchUp = () => Promise.reject(gone);
  const refused = look(context, 'ada', () => {
    throw refusal();
  });
  expect(await codeOf(refused)).toBe('unavailable');
});
