import { describe, expect, test } from 'vitest';
import { Changes } from '../../../src/log/postgres/changes.js';
import { FakeClock } from '../../support/clock.js';

function subject() {
  const clock = new FakeClock();
  const it = {
    clock,
    sent: 0,
    lastId: async (): Promise<number> => 0,
    seen: 0,
    failures: [] as unknown[],
    told: 0,
    notified: (_node: string): void => {},
    began: (): void => {},
    listening: 0,
  };
  const changes = new Changes({
    notify: async () => {
      it.sent++;
    },
    listen: (notified, began) => {
      it.listening++;
      it.notified = notified;
      it.began = began;
      return () => {
        it.listening--;
      };
    },
    node: 'this',
    lastId: () => it.lastId(),
    seen: () => it.seen,
    failed: (error) => it.failures.push(error),
    after: (ms, callback) => clock.after(ms, callback),
  });
  /** Lets so many milliseconds pass, and what hangs on them. */
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await new Promise(setImmediate);
  };
  return Object.assign(it, { changes, pass, watch: () => changes.watch(() => it.told++) });
}

describe('committing', () => {
  test('notifies at once, and then at most once in five milliseconds', async () => {
    const it = subject();
    it.changes.committed();
    expect(it.sent).toBe(1);
    for (let commits = 0; commits < 10; commits++) it.changes.committed();
    expect(it.sent).toBe(1);
    await it.pass(4);
    expect(it.sent).toBe(1);
    await it.pass(1);
    expect(it.sent).toBe(2);
    await it.pass(100);
    expect(it.sent).toBe(2);
    it.changes.committed();
    expect(it.sent).toBe(3);
  });

  test('notifies nobody after the end', async () => {
    const it = subject();
    it.changes.committed();
    it.changes.committed();
    it.changes.close();
    await it.pass(100);
    expect(it.sent).toBe(1);
  });
});

describe('watching', () => {
  test('tells of what others notify, and not of what this node does', () => {
    const it = subject();
    it.watch();
    it.notified('this');
    expect(it.told).toBe(0);
    it.notified('other');
    expect(it.told).toBe(1);
  });

  test('tells when listening begins: what was notified before is lost', () => {
    const it = subject();
    it.watch();
    it.began();
    expect(it.told).toBe(1);
  });

  test('looks for itself within 50 ms, where nothing is notified', async () => {
    const it = subject();
    it.watch();
    it.lastId = async () => 3;
    await it.pass(50);
    expect(it.told).toBe(1);
    it.seen = 3;
    await it.pass(500);
    expect(it.told).toBe(1);
    // It went back.
    it.lastId = async () => 2;
    await it.pass(50);
    expect(it.told).toBe(2);
  });

  test('asks again only once it has an answer', async () => {
    const it = subject();
    it.watch();
    let asked = 0;
    let answer = (_id: number): void => {};
    it.lastId = () => {
      asked++;
      return new Promise((resolve) => {
        answer = resolve;
      });
    };
    await it.pass(1000);
    expect(asked).toBe(1);
    answer(0);
    await it.pass(0);
    await it.pass(50);
    expect(asked).toBe(2);
  });

  test('says once that the storage cannot be reached, and again after it was', async () => {
    const it = subject();
    it.watch();
    it.lastId = async () => {
      throw new Error('refused');
    };
    for (let looks = 0; looks < 5; looks++) await it.pass(50);
    expect(it.failures).toHaveLength(1);
    it.lastId = async () => 0;
    await it.pass(50);
    it.lastId = async () => {
      throw new Error('refused');
    };
    await it.pass(50);
    expect(it.failures).toHaveLength(2);
  });

  test('tells once where it cannot look, or gets no answer in a second: whoever reads then learns whether that goes', async () => {
    const it = subject();
    it.watch();
    it.lastId = async () => {
      throw new Error('refused');
    };
    for (let looks = 0; looks < 5; looks++) await it.pass(50);
    expect(it.told).toBe(1);
    it.lastId = async () => 0;
    await it.pass(50);
    let refuse = (_error: Error): void => {};
    it.lastId = () => {
      return new Promise((_resolve, reject) => {
        refuse = reject;
      });
    };
    await it.pass(50);
    await it.pass(990);
    expect(it.told).toBe(1);
    await it.pass(10);
    expect(it.told).toBe(2);
    refuse(new Error('no answer'));
    await it.pass(0);
    expect(it.told).toBe(2);
    it.changes.close();
  });

  test('ends', async () => {
    const it = subject();
    const end = it.watch();
    it.lastId = async () => 3;
    end();
    expect(it.listening).toBe(0);
    await it.pass(500);
    expect(it.told).toBe(0);
    expect(it.clock.timers).toBe(0);
  });
});
