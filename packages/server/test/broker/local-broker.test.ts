import { describe, expect, test } from 'vitest';
import { LocalBus } from '../../src/broker/local-broker.js';
import { systemClock } from '../../src/time/clock.js';
import { FakeClock } from '../support/clock.js';
import { seeded } from '../support/random.js';
import { describeBroker } from './contract.js';

describe('a bus within the process', () => {
  describeBroker((count) => {
    const bus = new LocalBus({ clock: systemClock });
    return Promise.resolve(Array.from({ length: count }, (_, index) => bus.connect(`n${index}`)));
  });

  test('has no two nodes of one id, but takes one again that has left', async () => {
    const bus = new LocalBus({ clock: systemClock });
    const first = bus.connect('n');
    expect(() => bus.connect('n')).toThrow(TypeError);
    await first.close();
    expect(bus.connect('n').node).toBe('n');
  });
});

/** What came of 1,000 messages from one node to another, by number. */
function history(seed: number, faults: { lose?: number; double?: number; delay?: number }): number[] {
  const clock = new FakeClock();
  const bus = new LocalBus({ clock, faults: { random: seeded(seed), ...faults } });
  const [a, b] = [bus.connect('a'), bus.connect('b')];
  const heard: number[] = [];
  b.subscribe('presence', (message) => {
    if (message.kind === 'pull') heard.push(message.after);
  });
  for (let after = 0; after < 1000; after++) a.publish('presence', { kind: 'pull', after });
  clock.advance(1000);
  return heard;
}

describe('faults', () => {
  test('without any, all come in order', () => {
    expect(history(1, {})).toEqual(Array.from({ length: 1000 }, (_, index) => index));
  });

  test('are the same again from the same seed, and others from another', () => {
    const faults = { lose: 0.3, double: 0.2, delay: 100 };
    expect(history(5, faults)).toEqual(history(5, faults));
    expect(history(5, faults)).not.toEqual(history(6, faults));
  });

  test('lose, double and delay about as many as they are told', () => {
    expect(history(2, { lose: 1 })).toEqual([]);
    expect(history(2, { lose: 0.5 }).length).toBeGreaterThan(400);
    expect(history(2, { lose: 0.5 }).length).toBeLessThan(600);
    expect(history(3, { double: 1 })).toHaveLength(2000);
    const delayed = history(4, { delay: 500 });
    expect(delayed).not.toEqual(history(4, {}));
    expect([...delayed].sort((x, y) => x - y)).toEqual(history(4, {}));
  });

  test('a node that is cut off hears nothing and is not heard, until it is joined again', () => {
    const clock = new FakeClock();
    const bus = new LocalBus({ clock });
    const [a, b] = [bus.connect('a'), bus.connect('b')];
    const heard: string[] = [];
    a.subscribe('supersede', ({ session }, from) => heard.push(`${from}>a ${session}`));
    b.subscribe('supersede', ({ session }, from) => heard.push(`${from}>b ${session}`));
    const talk = (session: string): void => {
      a.publish('supersede', { session });
      b.publish('supersede', { session });
    };
    bus.cut('b');
    talk('1');
    clock.advance(10);
    bus.join('b');
    talk('2');
    bus.cut('a');
    clock.advance(10);
    // What was on its way as the node was cut off is lost too.
    expect(heard).toEqual(['a>b 2']);
  });
});
