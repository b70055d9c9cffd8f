/**
 * One run: sets the stage, lets everyone write while the faults of the plan are done to them, waits until all has
 * settled, and checks. What is right it leaves to the checks.
 */
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { check } from './check/check.js';
import { checkPlain } from './check/check-plain.js';
import type { Violation } from './check/violation.js';
import type { Journal } from './journal.js';
import { type Fault, type FaultKind, planFaults } from './plan.js';
import { Play } from './play.js';
import { probeDeleted } from './probe.js';
import { FaultProxy } from './proxy.js';
import { Random } from './random.js';
import { settle } from './settle.js';
import { closeAll, type Stage, setStage } from './stage.js';
import { ownTarget, remoteTarget, type Target } from './target.js';
import { Witness } from './truth/witness.js';

export interface VerifyOptions {
  /** Everything that is done follows from it. Random when left out; the report has it. */
  readonly seed?: string;
  /** How long faults are made, in seconds; settling afterwards takes a few more. 20. */
  readonly seconds?: number;
  /** At least 4, to have each transport. 16. */
  readonly participants?: number;
  /** A server that runs already, in guest mode. Without it our own are started, killed and restarted. */
  readonly url?: string;
  /** Servers of our own; more than one only on PostgreSQL. 1. */
  readonly nodes?: number;
  /** Where servers of our own keep their log. PostgreSQL where there is more than one of them. */
  readonly log?: 'sqlite' | 'postgres';
  /** A PostgreSQL server to make a database on. Without it one is started, killed and restarted. */
  readonly postgres?: string;
  /** Only these kinds of faults; all that can be made when left out. */
  readonly kinds?: readonly FaultKind[];
  /** How long nothing may change in the end before it is taken to be stuck, in milliseconds. 15,000. */
  readonly patience?: number;
  /** What starts a server of our own; this program when left out. */
  readonly serverCommand?: readonly string[];
  /** Told as it goes, for people to read. */
  readonly onProgress?: (line: string) => void;
}

export interface VerifyReport {
  readonly seed: string;
  readonly seconds: number;
  readonly participants: number;
  /** Servers of our own; 0 where it was somebody else's. */
  readonly nodes: number;
  readonly log: 'sqlite' | 'postgres' | 'unknown';
  /** Messages that were sent with a key, and how many of them were acknowledged. */
  readonly sent: number;
  readonly acknowledged: number;
  /** Publications that were given to readers, all readers counted. */
  readonly seen: number;
  /** Gaps that readers were told of. */
  readonly gaps: number;
  /** Records that retention took. */
  readonly trimmed: number;
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>;
  readonly violations: readonly Violation[];
  /** In seconds, with everything. */
  readonly took: number;
}

/** @throws {Error} when the server cannot be started, reached or signed in to */
export async function runVerify(options: VerifyOptions = {}): Promise<VerifyReport> {
  const begin = Date.now();
  const { seed = randomBytes(6).toString('hex'), seconds = 20, participants = 16, kinds } = options;
  const progress = (line: string): void =>
    options.onProgress?.(`${((Date.now() - begin) / 1_000).toFixed(1).padStart(6)} s  ${line}`);
  const target = await targetOf(options, seed);
  const proxy = new FaultProxy(target.addresses, new Random(`${seed}/proxy`));
  let stage: Stage | undefined;
  try {
    const id = randomBytes(4).toString('hex');
    const { url: direct, apiKey } = target;
    stage = await setStage({ direct, url: await proxy.listen(), seed, participants, id, apiKey });
    progress(`${participants} clients are reading and writing.`);
    const duration = seconds * 1_000;
    const possible = target.faults.filter((kind) => kinds?.includes(kind) ?? true);
    const faults = planFaults({ seed, duration, participants, kinds: possible });
    const { asked } = stage;
    const witness = new Witness(() => target.read(asked));
    // Somebody else's server has enough to do.
    const unwatch = target.nodes.length > 0 ? witness.watch() : async () => {};
    const made = await new Play({ seed, duration, target, proxy, stage }).run(faults);
    await unwatch();
    progress(`${made.length} faults were made. Waiting for everything to settle.`);
    const violations = await settle(target, stage, witness, options.patience);
    violations.push(...(await probeDeleted(target, stage)));
    progress('Comparing what everyone saw with what is kept.');
    const everyone = [...stage.actors, ...stage.others];
    await closeAll(everyone);
    await Promise.all(target.nodes.map(({ process }) => process.end('SIGTERM')));
    const truth = await witness.look();
    const journals = everyone.map(({ participant }) => participant.journal);
    violations.push(...check(journals, truth), ...checkPlain(stage.plain, truth));
    return {
      seed,
      seconds,
      participants,
      nodes: target.nodes.length,
      log: target.nodes.length === 0 ? 'unknown' : target.database ? 'postgres' : 'sqlite',
      ...countMessages(journals),
      trimmed: sum([...truth.channels.values()].map(({ oldest }) => oldest - 1)),
      faults: countFaults(made),
      violations,
      took: Math.round((Date.now() - begin) / 1_000),
    };
  } finally {
    if (stage) await closeAll([...stage.actors, ...stage.others]);
    await proxy.close();
    await target.dispose();
  }
}

async function targetOf(options: VerifyOptions, seed: string): Promise<Target> {
  const { url, nodes = 1, postgres, serverCommand: command = thisProgram() } = options;
  if (url !== undefined) return remoteTarget(url);
  const log = options.log ?? (nodes > 1 || postgres !== undefined ? 'postgres' : 'sqlite');
  if (log === 'sqlite' && nodes > 1)
    throw new Error('Several servers are one only on PostgreSQL: --log postgres');
  return ownTarget({ command, log, nodes, postgres, random: new Random(`${seed}/path`) });
}

function thisProgram(): string[] {
  return [process.execPath, fileURLToPath(new URL('../main.js', import.meta.url))];
}

function countMessages(
  journals: readonly Journal[],
): Pick<VerifyReport, 'sent' | 'acknowledged' | 'seen' | 'gaps'> {
  const sent = journals.flatMap((journal) =>
    journal.sent.filter(({ key, text, declined }) => key !== undefined && text !== undefined && !declined),
  );
  const given = journals.flatMap((journal) => journal.given);
  return {
    sent: sent.length,
    acknowledged: sent.filter(({ acknowledged }) => acknowledged.length > 0).length,
    seen: given.filter(({ is }) => is === 'publication').length,
    gaps: given.filter(({ is }) => is === 'gap').length,
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

function countFaults(faults: readonly Fault[]): Partial<Record<FaultKind, number>> {
  const counts: Partial<Record<FaultKind, number>> = {};
  for (const { kind } of faults) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}
