import type { Push } from '@fullduplex/wire';
import { describe, expect, it } from 'vitest';
import { dispatchPush, startOf } from '../../src/transport/push.js';
import type { TransportEvent } from '../../src/transport/transport.js';

function dispatch(push: Push): { events: TransportEvent[]; again: string[] } {
  const events: TransportEvent[] = [];
  const again: string[] = [];
  dispatchPush(
    push,
    (event) => events.push(event),
    (channel) => again.push(channel),
  );
  return { events, again };
}

const channel = 'room:a';
const info = { user: 'bob', client: 'c1' };

describe('dispatchPush', () => {
  it('reports a publication with everything that it bears', () => {
    const pub = { data: { type: 'message', text: 'x' }, offset: 3, info: { user: 'bob', key: 'k' }, time: 5 };
    expect(dispatch({ channel, pub }).events).toEqual([{ type: 'publication', channel, publication: pub }]);
  });

  it('reports the place behind a publication after it, and a place that comes alone', () => {
    const pub = { data: 1, offset: 3, info: { user: 'bob' }, time: 5 };
    expect(dispatch({ channel, pub: { ...pub, cursor: 'c3' } }).events).toEqual([
      { type: 'publication', channel, publication: pub },
      { type: 'reached', cursor: 'c3' },
    ]);
    expect(dispatch({ cursor: 'c4' }).events).toEqual([{ type: 'reached', cursor: 'c4' }]);
  });

  it('passes over a publication that is not of the log', () => {
    expect(dispatch({ channel, pub: { data: 1 } }).events).toEqual([]);
  });

  it('reports who comes and who goes', () => {
    expect(dispatch({ channel, join: { info } }).events).toEqual([
      { type: 'presence', channel, user: 'bob', present: true },
    ]);
    expect(dispatch({ channel, leave: { info } }).events).toEqual([
      { type: 'presence', channel, user: 'bob', present: false },
    ]);
  });

  it('reports what the user joined and left, and asks again for what was only lost', () => {
    const subscribe = { recoverable: true, positioned: true, epoch: 'e', offset: 4 } as const;
    expect(dispatch({ channel, subscribe }).events).toEqual([{ type: 'joined', channel, epoch: 'e' }]);
    expect(dispatch({ channel, unsubscribe: { code: 2000, reason: '' } }).events).toEqual([
      { type: 'left', channel },
    ]);
    expect(dispatch({ channel, unsubscribe: { code: 2500, reason: '' } })).toEqual({
      events: [],
      again: [channel],
    });
  });

  it('reports typing and gaps', () => {
    const gap = { channel, reason: 'retention', epoch: 'e', from: 1, to: 2, oldest: 3, head: 4 } as const;
    const subscribe = {
      recoverable: true,
      positioned: true,
      epoch: 'e',
      offset: 2,
      recovered: false,
    } as const;
    expect(dispatch({ channel, subscribe: { ...subscribe, gap } }).events).toEqual([
      { type: 'joined', channel, epoch: 'e' },
      { type: 'gap', gap },
    ]);
    expect(
      dispatch({ channel, message: { data: { type: 'typing', user: 'bob', typing: true } } }).events,
    ).toEqual([{ type: 'typing', channel, user: 'bob', typing: true }]);
    expect(dispatch({ channel, message: { data: { type: 'gap', gap } } }).events).toEqual([
      { type: 'gap', gap },
    ]);
  });

  it.each<[string, Push]>([
    ['without a channel', { message: { data: 1 } }],
    ['with a message of nothing', { channel, message: { data: null } }],
    ['of a kind it does not know', { channel, message: { data: { type: 'new' } } }],
    ['that is empty', { channel }],
  ])('passes over a push %s', (_, push) => {
    expect(dispatch(push)).toEqual({ events: [], again: [] });
  });
});

describe('startOf', () => {
  it('takes what is left out as not recovered', () => {
    expect(startOf({ recoverable: true, positioned: true, epoch: 'e', offset: 4 })).toEqual({
      epoch: 'e',
      offset: 4,
      recovered: false,
      publications: [],
    });
  });
});
