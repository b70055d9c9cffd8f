/**
 * Waits, when the faults have ended, until everything is acknowledged, durable and seen, and everyone is known to be
 * here or gone. As long as there is progress it waits; what makes none is a violation.
 */
import { ask } from './ask.js';
import { messagesTo } from './check/check-plain.js';
import type { Violation, ViolationKind } from './check/violation.js';
import type { Participant } from './participant.js';
import { sleep } from './participant.js';
import { type Actor, closeAll, type Stage } from './stage.js';
import type { Target } from './target.js';
import type { Truth } from './truth/truth.js';
import type { Witness } from './truth/witness.js';

/** How long nothing may change before it is taken to be stuck, in milliseconds. */
const PATIENCE = 15_000;

/** What is still missing, a line each. A line that changes is progress. */
type Missing = () => readonly string[] | Promise<readonly string[]>;

export async function settle(
  target: Target,
  stage: Stage,
  witness: Witness,
  patience = PATIENCE,
): Promise<Violation[]> {
  const { actors } = stage;
  const waitFor = (kind: ViolationKind, missing: Missing) => waitUntil(kind, missing, patience);
  const violations = await waitFor('stuck', () => unanswered([...actors, ...stage.others]));
  // What was acknowledged must have survived, and be given to everyone all the same.
  await Promise.all(target.nodes.map(({ process }) => process.end('SIGKILL')));
  await Promise.all(target.nodes.map((node) => node.start()));
  violations.push(...(await waitFor('stuck', async () => unseen(stage, await witness.look()))));
  violations.push(...(await waitFor('presence', () => misplaced(target, stage, () => true))));
  const stays = (index: number): boolean => index % 2 === 0;
  await closeAll(actors.filter((_, index) => !stays(index)));
  // On somebody else's server it may take minutes until someone counts as gone.
  if (target.nodes.length > 0) {
    violations.push(...(await waitFor('presence', () => misplaced(target, stage, stays))));
  }
  return violations;
}

/** Resolves with what was still missing when nothing changed any more. */
export async function waitUntil(
  kind: ViolationKind,
  missing: Missing,
  patience: number,
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

function unseen({ actors, plain }: Stage, truth: Truth): string[] {
  const lines: string[] = [];
  for (const { participant } of actors) {
    const { journal } = participant;
    const belongs = truth.facts ? truth.belongings(journal.user) : [...journal.baseline.keys()];
    for (const channel of [...belongs, ...journal.besides]) {
      const head = truth.channels.get(channel)?.head ?? 0;
      const offset = journal.position(channel)?.offset ?? 0;
      if (offset < head)
        lines.push(`${nameOf(participant)} has seen ${channel} up to ${offset}; its head is ${head}`);
    }
  }
  for (const reader of plain) {
    if (reader.from === undefined) continue;
    const given = new Set(reader.journal.plain.flat());
    const left = [...messagesTo(reader, truth).keys()].filter((text) => !given.has(text));
    if (left.length > 0) lines.push(`${reader.journal.user} was not handed over ${left.length} messages`);
  }
  return lines;
}

/** Who is here and not shown as it, or the other way round, by whatever server is asked. */
async function misplaced(
  target: Target,
  { actors, room }: Stage,
  isHere: (index: number) => boolean,
): Promise<string[]> {
  const urls = target.nodes.length > 0 ? target.nodes.map(({ process }) => process.url) : [target.url];
  const lines: string[] = [];
  for (const url of urls) {
    const params = { channel: room, limit: 1_000 };
    const answer = await ask(url, '/api/commands/channel.members', params, actors[0]?.token).catch(() => {});
    const { members = [] } = (answer ?? {}) as { members?: { user: string; present: boolean }[] };
    const present = new Set(members.filter((member) => member.present).map(({ user }) => user));
    for (const [index, { participant }] of actors.entries()) {
      const shown = present.has(participant.journal.user);
      if (shown === isHere(index)) continue;
      const what = shown ? 'gone, and shown as here' : 'here, and not shown as it';
      lines.push(`${nameOf(participant)} is ${what} (by ${url})`);
    }
  }
  return lines;
}

function nameOf({ journal: { user, name } }: Participant): string {
  return `${user} (${name})`;
}
