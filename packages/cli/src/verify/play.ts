/** Lets everyone write, and does to them and to the servers what the plan says, in its time. It judges nothing. */
import { sleep } from './participant.js';
import type { Fault } from './plan.js';
import type { FaultProxy } from './proxy.js';
import { Random } from './random.js';
import type { Actor, Stage } from './stage.js';
import type { Node, Target } from './target.js';

export interface PlayOptions {
  readonly seed: string;
  /** In milliseconds. */
  readonly duration: number;
  readonly target: Target;
  /** Between clients and servers. */
  readonly proxy: FaultProxy;
  readonly stage: Stage;
}

/** Whoever has so many messages without an answer writes no more for now. */
const BACKLOG = 100;
/** Between two messages, in milliseconds. */
const WRITING = { from: 5, to: 60 };
/** Of those that write, how many write to where they may not belong: one in so many. */
const OUTSIDE = 6;

const TEXTS = [
  'a few words',
  '你好，世界',
  'line\nbreak and "quotes" \\ and \u2028 separators',
  '🙂'.repeat(20),
  'x'.repeat(1_500),
  '<b>&amp;</b>',
];

export class Play {
  readonly #options: PlayOptions;
  /** Undoes the faults that last. */
  readonly #undo = new Set<() => void>();
  /** To a server, its own or the database's, one thing is done at a time: what comes meanwhile is left out. */
  readonly #turns = new Map<unknown, Promise<void>>();
  readonly #made: Fault[] = [];
  /** What could not be done. */
  readonly #failures: unknown[] = [];
  /** Texts, so that no two are the same. */
  #number = 0;

  constructor(options: PlayOptions) {
    this.#options = options;
  }

  /** Resolves with the faults that were made, when all are undone. */
  async run(faults: readonly Fault[]): Promise<readonly Fault[]> {
    const begin = Date.now();
    const writing = this.#write(begin + this.#options.duration);
    for (const fault of faults) {
      await sleep(begin + fault.at - Date.now());
      this.#made.push(fault);
      this.#make(fault);
    }
    await writing;
    for (const undo of this.#undo) undo();
    await Promise.all(this.#turns.values());
    const [failure] = this.#failures;
    if (failure !== undefined) throw failure;
    return this.#made;
  }

  async #write(until: number): Promise<void> {
    const { seed, stage } = this.#options;
    const random = new Random(`${seed}/writing`);
    while (Date.now() < until) {
      const actor = random.pick([...stage.actors, ...stage.others]);
      const { participant, channels } = actor;
      const outside = participant.commands && stage.open.size > 0 && random.int(1, OUTSIDE) === 1;
      const channel = random.pick(outside ? [...stage.open] : channels);
      const text = this.#text(random.pick(TEXTS));
      if (participant.pending < BACKLOG) participant.send(channel, text);
      await sleep(random.int(WRITING.from, WRITING.to));
    }
  }

  /** Told apart from every other, and in no other. */
  #text(words: string): string {
    this.#number += 1;
    return `#${this.#number}# ${words}`;
  }

  #make(fault: Fault): void {
    const { proxy, target } = this.#options;
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
      case 'database-kill':
      case 'database-restart':
        this.#restartDatabase(fault.kind === 'database-kill', fault.duration);
        break;
      default:
        if ('participant' in fault) this.#ask(fault);
        else this.#harm(fault, target.nodes[Math.floor(fault.pick * target.nodes.length)]);
    }
  }

  /** What is done to a server of our own. */
  #harm(fault: Extract<Fault, { pick: number }>, node: Node | undefined): void {
    if (!node) return;
    const { process, path } = node;
    switch (fault.kind) {
      case 'kill':
      case 'stop':
        this.#inTurn(node, async () => {
          await process.end(fault.kind === 'kill' ? 'SIGKILL' : 'SIGTERM');
          await sleep(fault.duration);
          await node.start();
        });
        break;
      case 'full':
        this.#inTurn(node, async () => {
          await process.end('SIGTERM');
          await node.startFull();
          await sleep(fault.duration);
          await process.end('SIGTERM');
          await node.start();
        });
        break;
      case 'freeze':
        this.#inTurn(node, async () => {
          process.signal('SIGSTOP');
          await sleep(fault.duration);
          process.signal('SIGCONT');
        });
        break;
      case 'worker':
        this.#inTurn(node, async () => process.signal('SIGUSR2'));
        break;
      case 'database-cut':
        path?.cutAll();
        break;
      case 'database-stall':
        if (path) this.#last(path.hold(...fault.directions), fault.duration);
        break;
      case 'database-half-open':
        if (path) this.#last(path.abandon(fault.connection), fault.duration);
        break;
      case 'database-mute':
        if (path) this.#last(path.mute(), fault.duration);
        break;
      default:
    }
  }

  #restartDatabase(kill: boolean, down: number): void {
    const { database } = this.#options.target;
    const server = database?.server;
    if (!server) return;
    this.#inTurn(server, async () => {
      await (kill ? server.kill() : server.shutDown());
      await sleep(down);
      await server.start();
    });
  }

  /** What a participant does of itself. */
  #ask(fault: Extract<Fault, { participant: number }>): void {
    const { stage } = this.#options;
    const actor = stage.actors[fault.participant];
    if (!actor) return;
    const { participant, channels } = actor;
    const { commands, journal } = participant;
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
          if (channel) participant.send(channel, this.#text('burst ').padEnd(fault.bytes, '·'));
        }
        break;
      case 'join':
        commands?.join(stage.late);
        break;
      case 'leave':
        commands?.leave(pickFrom([...stage.open], fault.pick) ?? stage.late);
        break;
      case 'invite':
        if (stage.club !== undefined) stage.host?.invite(stage.club, journal.user);
        break;
      case 'receipt': {
        const channel = pickFrom(channels, fault.pick);
        const offset = channel === undefined ? undefined : journal.position(channel)?.offset;
        if (channel !== undefined && offset !== undefined) commands?.receipt(channel, offset);
        break;
      }
      default:
        this.#again(fault, actor);
    }
  }

  /** What is done with a message that was acknowledged. */
  #again(
    fault: Extract<Fault, { kind: 'resend' | 'edit' | 'delete' | 'react' }>,
    { participant }: Actor,
  ): void {
    const { commands, journal } = participant;
    const messages = journal.sent.filter(
      ({ text, acknowledged, deleted }) => text !== undefined && acknowledged.length > 0 && !deleted,
    );
    // Mostly what is new: retention leaves no more than that.
    const sent = pickFrom(messages.slice(-40), fault.pick);
    if (!sent || !commands) return;
    if (fault.kind === 'resend') commands.resend(sent);
    else if (fault.kind === 'edit') commands.edit(sent, this.#text('edited'));
    else if (fault.kind === 'react') commands.react(sent);
    else commands.remove(sent);
  }

  #last(undo: () => void, duration: number): void {
    const once = (): void => {
      if (this.#undo.delete(once)) undo();
    };
    this.#undo.add(once);
    setTimeout(once, duration).unref();
  }

  #inTurn(of: unknown, run: () => Promise<void>): void {
    if (this.#turns.has(of)) {
      this.#made.pop();
      return;
    }
    const turn = run()
      .catch((error: unknown) => {
        this.#failures.push(error);
      })
      .finally(() => this.#turns.delete(of));
    this.#turns.set(of, turn);
  }
}

function pickFrom<T>(items: readonly T[], pick: number): T | undefined {
  return items[Math.floor(pick * items.length)];
}
