/**
 * One run: sets the stage, lets everyone write while the faults of the plan are done to them, waits until all has
 * settled, and checks. What is right it leaves to the check.
 */
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { check, type Violation } from './check.js';
import { sleep } from './participant.js';
import { type Fault, type FaultKind, planFaults } from './plan.js';
import { FaultProxy } from './proxy.js';
import { Random } from './random.js';
import { settle } from './settle.js';
import { type Actor, closeAll, type Stage, setStage } from './stage.js';
import { ownTarget, remoteTarget, type Target } from './target.js';

export interface VerifyOptions {
  /** Everything that is done follows from it. Random when left out; the report has it. */
  readonly seed?: string;
  /** How long faults are made, in seconds; settling afterwards takes a few more. 20. */
  readonly seconds?: number;
  /** At least 4, to have each transport. 16. */
  readonly participants?: number;
  /** A server that runs already, in guest mode. Without it one of our own is started, killed and restarted. */
  readonly url?: string;
  /** What starts a server of our own; this program when left out. */
  readonly serverCommand?: readonly string[];
  /** Told as it goes, for people to read. */
  readonly onProgress?: (line: string) => void;
}

export interface VerifyReport {
  readonly seed: string;
  readonly seconds: number;
  readonly participants: number;
  /** Messages that were sent, and how many of them were acknowledged. */
  readonly sent: number;
  readonly acknowledged: number;
  /** Publications that were given to readers, all readers counted. */
  readonly seen: number;
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>;
  readonly violations: readonly Violation[];
}

/** Whoever has so many messages without an answer writes no more for now. */
const BACKLOG = 100;
/** Between two messages, in milliseconds. */
const WRITING = { from: 5, to: 60 };

/** @throws {Error} when the server cannot be started, reached or signed in to */
export async function runVerify(options: VerifyOptions = {}): Promise<VerifyReport> {
  const { seed = randomBytes(6).toString('hex'), seconds = 20, participants = 16, url } = options;
  const progress = options.onProgress ?? (() => {});
  const target =
    url === undefined ? await ownTarget(options.serverCommand ?? thisProgram()) : remoteTarget(url);
  const { hostname, port } = new URL(target.url);
  const proxy = new FaultProxy({ host: hostname, port: Number(port || 80) }, new Random(`${seed}/proxy`));
  let stage: Stage | undefined;
  try {
    const id = randomBytes(4).toString('hex');
    stage = await setStage({ direct: target.url, url: await proxy.listen(), seed, participants, id });
    progress(`${participants} clients are reading and writing.`);
    const run = new Run({ seed, duration: seconds * 1_000, target, proxy, stage });
    const faults = planFaults({ seed, duration: seconds * 1_000, participants, kills: target.ours });
    await run.play(faults);
    progress(`${faults.length} faults are made. Waiting for everything to settle.`);
    const violations = await settle(target, stage);
    progress('Comparing what everyone saw with what the log holds.');
    const journals = stage.actors.map(({ participant }) => participant.journal);
    violations.push(...check(journals, await stage.records()));
    return {
      seed,
      seconds,
      participants,
      sent: sum(journals.map(({ sent }) => sent.length)),
      acknowledged: sum(journals.map(({ sent }) => sent.filter((one) => one.acknowledged.length > 0).length)),
      seen: sum(journals.flatMap(({ seen }) => [...seen.values()].map((one) => one.length))),
      faults: count(faults),
      violations,
    };
  } finally {
    if (stage) await closeAll(stage.actors);
    await proxy.close();
    await target.dispose();
  }
}

interface RunOptions {
  readonly seed: string;
  /** In milliseconds. */
  readonly duration: number;
  readonly target: Target;
  readonly proxy: FaultProxy;
  readonly stage: Stage;
}

class Run {
  readonly #options: RunOptions;
  /** Undoes the faults that last. */
  readonly #undo = new Set<() => void>();
  /** The server is ended and started by one fault after the other. */
  #restart: Promise<void> = Promise.resolve();

  constructor(options: RunOptions) {
    this.#options = options;
  }

  /** Everyone writes, and the faults are made in their time. */
  async play(faults: readonly Fault[]): Promise<void> {
    const begin = Date.now();
    const writing = this.#write(begin + this.#options.duration);
    for (const fault of faults) {
      await sleep(begin + fault.at - Date.now());
      this.#make(fault);
    }
    await writing;
    for (const undo of this.#undo) undo();
    await this.#restart;
  }

  async #write(until: number): Promise<void> {
    const { seed, stage } = this.#options;
    const random = new Random(`${seed}/writing`);
    for (let number = 0; Date.now() < until; number += 1) {
      const { participant, channels } = random.pick(stage.actors);
      const [channel, text] = [random.pick(channels), random.pick(TEXTS)];
      if (participant.pending < BACKLOG) participant.send(channel, `${number} ${text}`);
      await sleep(random.int(WRITING.from, WRITING.to));
    }
  }

  #make(fault: Fault): void {
    const { proxy, stage } = this.#options;
    const actor = 'participant' in fault ? stage.actors[fault.participant] : undefined;
    switch (fault.kind) {
      case 'cut':
        proxy.cut(fault.pick);
        break;
      case 'cut-at-byte':
        proxy.cutAtByte(fault.pick, fault.direction, fault.bytes);
        break;
      case 'cut-all':
        proxy.cutAll();
        break;
      case 'stall':
        this.#last(proxy.stall(fault.pick, fault.direction), fault.duration);
        break;
      case 'split':
        proxy.split(fault.size);
        this.#last(() => proxy.split(0), fault.duration);
        break;
      case 'kill':
        this.#end('SIGKILL', fault.duration);
        break;
      case 'stop':
        this.#end('SIGTERM', fault.duration);
        break;
      default:
        if (actor) this.#ask(fault, actor);
    }
  }

  /** What a participant does of itself. */
  #ask(fault: Fault, { participant, channels }: Actor): void {
    switch (fault.kind) {
      case 'hop':
        participant.hop(fault.transport);
        break;
      case 'pause':
        this.#last(participant.pause(), fault.duration);
        break;
      case 'burst':
        for (let number = 0; number < fault.count && participant.pending < BACKLOG; number += 1) {
          const channel = channels[number % channels.length];
          if (channel) participant.send(channel, `burst ${number} `.padEnd(fault.bytes, '·'));
        }
        break;
      case 'resend': {
        const acknowledged = participant.journal.sent.filter((sent) => sent.acknowledged.length > 0);
        const sent = acknowledged[Math.floor(fault.pick * acknowledged.length)];
        if (sent) participant.resend(sent);
        break;
      }
      case 'join':
        if (!participant.journal.joined.some(({ channel }) => channel === this.#options.stage.late)) {
          participant.join(this.#options.stage.late);
        }
        break;
      default:
    }
  }

  #last(undo: () => void, duration: number): void {
    const once = (): void => {
      if (this.#undo.delete(once)) undo();
    };
    this.#undo.add(once);
    setTimeout(once, duration).unref();
  }

  #end(signal: 'SIGKILL' | 'SIGTERM', down: number): void {
    const { target } = this.#options;
    this.#restart = this.#restart.then(async () => {
      await target.end(signal);
      await sleep(down);
      await target.start();
    });
  }
}

const TEXTS = [
  'a few words',
  '你好，世界',
  'line\nbreak and "quotes" \\ and \u2028 separators',
  '🙂'.repeat(20),
  'x'.repeat(1_500),
  '<b>&amp;</b>',
];

function thisProgram(): string[] {
  return [process.execPath, fileURLToPath(new URL('../main.js', import.meta.url))];
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

function count(faults: readonly Fault[]): Partial<Record<FaultKind, number>> {
  const counts: Partial<Record<FaultKind, number>> = {};
  for (const { kind } of faults) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}
