/**
 * Waits, when the faults have ended, until everything is acknowledged, durable and seen, and everyone is known to be
 * here or gone. As long as there is progress it waits; what makes none is a violation.
 */
import type { Violation, ViolationKind } from './check.js';
import type { Participant } from './participant.js';
import { sleep } from './participant.js';
import { type Actor, closeAll, type Stage } from './stage.js';
import { ask, type Target } from './target.js';

/** How long nothing may change before it is taken to be stuck, in milliseconds. */
const PATIENCE = 30_000;

/** What is still missing, a line each. A line that changes is progress. */
type Missing = () => readonly string[] | Promise<readonly string[]>;

export async function settle(target: Target, stage: Stage): Promise<Violation[]> {
  const { actors } = stage;
  const violations = await waitFor('stuck', () => unanswered(actors));
  // What was acknowledged must have survived, and be given to everyone all the same.
  await target.end('SIGKILL');
  await target.start();
  const heads = new Map(
    (await stage.records()).map(({ channel, records }) => [channel, records.at(-1)?.offset ?? 0]),
  );
  violations.push(...(await waitFor('stuck', () => unseen(actors, heads))));
  violations.push(...(await waitFor('presence', () => misplaced(target, stage, () => true))));
  const stays = (index: number): boolean => index % 2 === 0;
  await closeAll(actors.filter((_, index) => !stays(index)));
  // On somebody else's server it may take minutes until someone counts as gone.
  if (target.ours) violations.push(...(await waitFor('presence', () => misplaced(target, stage, stays))));
  return violations;
}

/** Resolves with what was still missing when nothing changed any more. */
export async function waitFor(
  kind: ViolationKind,
  missing: Missing,
  patience = PATIENCE,
): Promise<Violation[]> {
  let before: string | undefined;
  let deadline = 0;
  for (;;) {
    const lines = await missing();
    if (lines.length === 0) return [];
    const now = lines.join('\n');
    if (now !== before) deadline = Date.now() + patience;
    else if (Date.now() > deadline) return lines.map((what) => ({ kind, what }));
    before = now;
    await sleep(100);
  }
}

function unanswered(actors: readonly Actor[]): string[] {
  return actors
    .filter(({ participant }) => participant.pending > 0)
    .map(({ participant }) => `${nameOf(participant)}: ${participant.pending} commands have no answer`);
}

function unseen(actors: readonly Actor[], heads: ReadonlyMap<string, number>): string[] {
  const lines: string[] = [];
  for (const { participant } of actors) {
    for (const [channel, head] of heads) {
      const position = participant.journal.position(channel);
      if (!position || position.offset >= head) continue;
      lines.push(`${nameOf(participant)} has seen ${channel} up to ${position.offset}; its head is ${head}`);
    }
  }
  return lines;
}

/** Who is here and not shown as it, or the other way round. */
async function misplaced(
  target: Target,
  { actors, room }: Stage,
  isHere: (index: number) => boolean,
): Promise<string[]> {
  const path = '/api/commands/channel.members';
  const { members } = (await ask(target.url, path, { channel: room }, actors[0]?.token)) as {
    members: { user: string; present: boolean }[];
  };
  const present = new Set(members.filter((member) => member.present).map(({ user }) => user));
  return actors.flatMap(({ participant }, index) => {
    const shown = present.has(participant.journal.user);
    if (shown === isHere(index)) return [];
    return `${nameOf(participant)} is ${shown ? 'gone, and shown as here' : 'here, and not shown as it'}`;
  });
}

function nameOf({ journal: { user, kind } }: Participant): string {
  return `${user} (${kind})`;
}
