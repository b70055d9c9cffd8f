/** Who is here now, by channel. A person is here when they are in any of them. */
import { Store } from './store.js';

export type Present = ReadonlyMap<string, ReadonlySet<string>>;

export class PresenceStore extends Store<Present> {
  constructor() {
    super(new Map());
  }

  /** Everyone who is in the channel. */
  put(channel: string, users: readonly string[]): void {
    const before = this.get().get(channel);
    if (before?.size === users.length && users.every((user) => before.has(user))) return;
    this.update((present) => new Map(present).set(channel, new Set(users)));
  }

  change(channel: string, user: string, here: boolean): void {
    this.learn(channel, [{ user, present: here }]);
  }

  /** Of these it is known whether they are here; of the others nothing new. */
  learn(channel: string, users: readonly { readonly user: string; readonly present: boolean }[]): void {
    const before = this.get().get(channel);
    const changed = users.filter(({ user, present }) => (before?.has(user) ?? false) !== present);
    if (changed.length === 0) return;
    const here = new Set(before);
    for (const { user, present } of changed) {
      if (present) here.add(user);
      else here.delete(user);
    }
    this.update((present) => new Map(present).set(channel, here));
  }
}

export function isHere(present: Present, user: string): boolean {
  for (const users of present.values()) if (users.has(user)) return true;
  return false;
}

export function everyoneHere(present: Present): ReadonlySet<string> {
  const all = new Set<string>();
  for (const users of present.values()) for (const user of users) all.add(user);
  return all;
}
