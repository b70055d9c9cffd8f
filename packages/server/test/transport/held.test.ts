import { expect, test } from 'vitest';
import { HeldRequests } from '../../src/transport/held.js';

function held(): { released: number; release(): void } {
  return {
    released: 0,
    release() {
      this.released += 1;
    },
  };
}

test('a newer request releases the one that its session held, and no other', () => {
  const requests = new HeldRequests();
  const [first, second, other, bare] = [held(), held(), held(), held()];
  requests.add(first, 's');
  requests.add(other, 't');
  requests.add(bare, undefined);
  requests.add(second, 's');
  expect([first, second, other, bare].map(({ released }) => released)).toEqual([1, 0, 0, 0]);
  requests.supersede('s');
  requests.supersede('s');
  expect(second.released).toBe(1);
});

test('one that is over does not stand in for the one that came after it', () => {
  const requests = new HeldRequests();
  const [first, second] = [held(), held()];
  requests.add(first, 's');
  requests.add(second, 's');
  requests.delete(first, 's');
  requests.supersede('s');
  expect(second.released).toBe(1);
  requests.delete(second, 's');
  expect(requests.size).toBe(0);
});

test('all are released, though each takes itself out as it is', () => {
  const requests = new HeldRequests();
  const all = Array.from({ length: 5 }, () => {
    const each = held();
    return Object.assign(each, {
      release() {
        each.released += 1;
        requests.delete(each, undefined);
      },
    });
  });
  for (const each of all) requests.add(each, undefined);
  requests.releaseAll();
  expect(all.map(({ released }) => released)).toEqual([1, 1, 1, 1, 1]);
  expect(requests.size).toBe(0);
});
