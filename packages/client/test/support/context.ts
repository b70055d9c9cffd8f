/** What a transport is handed, with every part of it in the test's hands. */
import { DEFAULT_TIMING } from '../../src/clock.js';
import type { Asked, Sink, TransportContext, TransportEvent } from '../../src/transport/transport.js';
import { FakeClock } from './fake-clock.js';
import { FakeWebSocket } from './fake-websocket.js';

export interface Fixture {
  readonly context: TransportContext;
  readonly clock: FakeClock;
  readonly asked: Asked[];
  readonly events: TransportEvent[];
  readonly sink: Sink;
}

export function fixture(overrides: Partial<TransportContext> & { fetch?: typeof fetch } = {}): Fixture {
  const clock = new FakeClock();
  const asked: Asked[] = [];
  const events: TransportEvent[] = [];
  let ids = 0;
  const { fetch = () => Promise.reject(new Error('no fetch here')), ...rest } = overrides;
  return {
    clock,
    asked,
    events,
    sink: (event) => events.push(event),
    context: {
      http: { base: new URL('http://server.test/'), fetch, clock },
      token: 't',
      follow: 'mine',
      WebSocket: FakeWebSocket,
      timing: DEFAULT_TIMING,
      newId: () => `id${(ids += 1)}`,
      asked: () => asked,
      cursor: undefined,
      ...rest,
    },
  };
}
