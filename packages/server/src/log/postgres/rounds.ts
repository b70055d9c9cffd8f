/**
 * Which appends of a batch can be judged and committed together, all against what was there before them. Pure rules.
 */
import type { Append } from '../log.js';

/**
 * The batch in rounds: places in it, each once. Carried out round after round, and each round's appends in order, they
 * come to the same as carried out in the order of the batch: whatever looks at what another one changes stays behind it.
 */
export function rounds(batch: readonly Append[]): readonly (readonly number[])[] {
  const all: number[][] = [];
  for (let left = batch.map((_, index) => index); left.length > 0; ) {
    const round: number[] = [];
    const later: number[] = [];
    const taken = new Touched();
    const waiting = new Touched();
    // What a redaction does to a retry of its record's key is not to be seen from here: those before it go first, and
    // all that follow wait.
    let barred = false;
    for (const index of left) {
      const append = batch[index]!;
      const redacts = (append.redact ?? []).length > 0;
      const waits =
        barred ||
        (redacts && later.length > 0) ||
        taken.isReadBy(append) ||
        waiting.isReadBy(append) ||
        waiting.reads(append);
      (waits ? later : round).push(index);
      (waits ? waiting : taken).add(append);
      barred ||= redacts;
    }
    all.push(round);
    left = later;
  }
  return all;
}

/** What some appends look at, and what they change. */
class Touched {
  readonly #read = new Set<string>();
  readonly #written = new Set<string>();
  readonly #keys = new Set<string>();

  add(append: Append): void {
    for (const key of readsOf(append)) this.#read.add(key);
    for (const { key } of append.facts ?? []) this.#written.add(key);
    for (const key of keysOf(append)) this.#keys.add(key);
  }

  /** Whether what they change is looked at by this one. Changes of the same fact are carried out one after the other. */
  isReadBy(append: Append): boolean {
    if (keysOf(append).some((key) => this.#keys.has(key))) return true;
    return readsOf(append).some((key) => this.#written.has(key));
  }

  /** Whether they look at what this one changes, or change it. */
  reads({ facts = [] }: Append): boolean {
    return facts.some(({ key }) => this.#read.has(key) || this.#written.has(key));
  }
}

function readsOf({ when = [], unless }: Append): readonly string[] {
  const keys = when.map(({ key }) => key);
  return unless === undefined ? keys : [...keys, unless];
}

function keysOf({ records }: Append): readonly string[] {
  return records.flatMap(({ channel, sender, key }) =>
    key === undefined ? [] : [keyName(channel, sender, key)],
  );
}

/** One text for three; lengths first, so that no three can look like another three. */
export function keyName(channel: string, sender: string, key: string): string {
  return `${channel.length}:${sender.length}:${channel}${sender}${key}`;
}
