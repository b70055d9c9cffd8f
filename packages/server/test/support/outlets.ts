/** Outlets and audiences without sockets: what was sent is kept, and how much waits is set by the test. */
import type { Audience, AudienceFactory, Outlet } from '../../src/delivery/audience.js';

export class FakeOutlet implements Outlet {
  readonly sent: string[] = [];
  backlog = 0;
  onFellBehind: (channel: string) => void = () => {};

  send(text: string): void {
    this.sent.push(text);
  }

  fellBehind(channel: string): void {
    this.onFellBehind(channel);
  }
}

/** Lets go of an outlet right after a message when more than `limit` waits in it, as the engine's groups do. */
export function fakeAudiences(limit = Number.POSITIVE_INFINITY): AudienceFactory {
  return (overflowed): Audience => {
    const members = new Set<Outlet>();
    return {
      get size() {
        return members.size;
      },
      add: (outlet) => void members.add(outlet),
      delete: (outlet) => void members.delete(outlet),
      send(text) {
        for (const outlet of members) outlet.send(text);
        for (const outlet of members) {
          if (outlet.backlog <= limit) continue;
          members.delete(outlet);
          overflowed(outlet);
        }
      },
    };
  };
}
