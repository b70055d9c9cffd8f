/**
 * Commands that are run until they are answered: one after the other, each again after every failure that may pass.
 * It must not know over what they go.
 */
import type { Position } from '@fullduplex/wire';
import type { Journal, Sent } from './journal.js';
import { sleep } from './participant.js';
import type { Random } from './random.js';
import { digest } from './truth/truth.js';

/** Runs one command once. */
export type Run = (method: string, params: unknown) => Promise<unknown>;

/** A command that the server answered with an error. */
export class Refusal extends Error {
  readonly code: string;
  readonly retryable: boolean;

  constructor(code: string, retryable: boolean) {
    super(`The server answered ${code}.`);
    this.code = code;
    this.retryable = retryable;
  }
}

interface Appended {
  readonly position: Position;
  readonly duplicate: boolean;
}

/** What is answered to one who does not belong (any more). */
const OUTSIDE = new Set(['not_a_member', 'unknown_channel', 'permission_denied']);
/** Retention or a deletion was faster. */
const GONE = new Set([...OUTSIDE, 'unknown_message']);

export interface CommandQueueOptions {
  readonly run: Run;
  readonly journal: Journal;
  readonly random: Random;
  /** Channels that one may be outside of at any time. */
  readonly open: ReadonlySet<string>;
}

export class CommandQueue {
  readonly #options: CommandQueueOptions;
  readonly #queue: (() => Promise<void>)[] = [];
  /** What a message was edited to last, by channel and offset. */
  readonly #edits = new Map<string, string>();
  #busy = false;
  #closed = false;

  constructor(options: CommandQueueOptions) {
    this.#options = options;
  }

  get pending(): number {
    return this.#queue.length + (this.#busy ? 1 : 0);
  }

  close(): void {
    this.#closed = true;
    this.#queue.length = 0;
  }

  send(channel: string, text: string): void {
    const sent = this.#note(channel, { type: 'message', text }, text);
    this.resend(sent);
  }

  /** The same once more, with its key. */
  resend(sent: Sent): void {
    const { channel, key, text } = sent;
    this.#append('message.send', sent, { channel, key, text });
  }

  /** To be called for what was acknowledged, as the other two. */
  edit({ channel, acknowledged: [first] }: Sent, text: string): void {
    const offset = first?.position.offset ?? 0;
    const sent = this.#note(channel, { type: 'edit', offset, text });
    this.#append('message.edit', sent, { channel, offset, text, key: sent.key }, () => {
      this.#forget(channel, offset);
      this.#edits.set(`${channel} ${offset}`, text);
    });
  }

  remove(message: Sent): void {
    const { channel, text = '', acknowledged } = message;
    const [first] = acknowledged;
    message.deleted = true;
    const offset = first?.position.offset ?? 0;
    const sent = this.#note(channel, { type: 'delete', offset });
    this.#append('message.delete', sent, { channel, offset, key: sent.key }, () => {
      this.#forget(channel, offset);
      this.#options.journal.deleted.push({ channel, offset, text });
    });
  }

  react({ channel, acknowledged: [first] }: Sent): void {
    const offset = first?.position.offset ?? 0;
    const sent = this.#note(channel, { type: 'reaction', offset, reaction: '👍', on: true });
    this.#append('message.react', sent, { channel, offset, reaction: '👍', key: sent.key });
  }

  /** Marks as read. */
  receipt(channel: string, offset: number): void {
    const receipt = { channel, offset, acknowledged: false };
    this.#options.journal.receipts.push(receipt);
    this.#add('receipt.read', { channel, offset }, OUTSIDE, () => {
      receipt.acknowledged = true;
    });
  }

  join(channel: string): void {
    this.#add('room.join', { channel }, OUTSIDE, (answer) =>
      this.#options.journal.joined.set(channel, (answer as { position: Position }).position),
    );
  }

  leave(channel: string): void {
    this.#add('room.leave', { channel }, OUTSIDE, () => {});
  }

  invite(channel: string, user: string): void {
    this.#add('room.invite', { channel, user }, OUTSIDE, () => {});
  }

  #note(channel: string, data: object, text?: string): Sent {
    const { user, sent: before } = this.#options.journal;
    const sent: Sent = {
      channel,
      key: `${user}-${before.length}`,
      data: digest(data),
      ...(text !== undefined && { text }),
      acknowledged: [],
    };
    before.push(sent);
    return sent;
  }

  #append(method: string, sent: Sent, params: object, done = (): void => {}): void {
    const isSend = method === 'message.send';
    const expected = isSend ? (this.#options.open.has(sent.channel) ? OUTSIDE : NONE) : GONE;
    this.#add(
      method,
      params,
      expected,
      (answer) => {
        const { position, duplicate } = answer as Appended;
        sent.acknowledged.push({ position, duplicate });
        done();
      },
      (code) => {
        sent.refused = code;
      },
      () => {
        sent.declined = true;
      },
    );
  }

  #forget(channel: string, offset: number): void {
    const text = this.#edits.get(`${channel} ${offset}`);
    if (text !== undefined) this.#options.journal.deleted.push({ channel, offset, text });
  }

  #add(
    method: string,
    params: object,
    expected: ReadonlySet<string>,
    answered: (answer: unknown) => void,
    refused = (code: string): void => {
      this.#options.journal.complain(`${method} ${JSON.stringify(params)} was refused: ${code}`);
    },
    declined = (): void => {},
  ): void {
    const { run, random } = this.#options;
    this.#queue.push(async () => {
      while (!this.#closed) {
        try {
          answered(await run(method, params));
          return;
        } catch (error) {
          if (error instanceof Refusal && !error.retryable) {
            if (expected.has(error.code)) declined();
            else refused(error.code);
            return;
          }
          await sleep(random.int(20, 200));
        }
      }
    });
    if (!this.#busy) void this.#work();
  }

  async #work(): Promise<void> {
    this.#busy = true;
    for (let task = this.#queue.shift(); task; task = this.#queue.shift()) await task();
    this.#busy = false;
  }
}

const NONE: ReadonlySet<string> = new Set();
