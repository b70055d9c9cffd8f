/**
 * A participant that speaks plain HTTP, and does no more for itself than the protocol says it must: it asks for what
 * comes after its cursor, and after a failure asks for the same again. What the server loses, it loses.
 */
import type { TransportName } from '@fullduplex/client';
import type { ChannelPublication, Gap, SyncAnswer } from '@fullduplex/wire';
import { CommandQueue, Refusal } from './commands.js';
import { fillByOffset } from './fill.js';
import { placeOf } from './journal.js';
import { Gate, type Participant, type ParticipantOptions, sleep } from './participant.js';

/** How long a request may take beyond what it asked to be held, in milliseconds. */
const PATIENCE = 4_000;
/** How long a long poll asks to be held, in seconds. */
const HELD = 2;
/** Between two polls, in milliseconds. */
const POLL_INTERVAL = 150;

export class HttpParticipant implements Participant {
  readonly journal: ParticipantOptions['journal'];
  readonly commands: CommandQueue;
  readonly #options: ParticipantOptions;
  readonly #gate = new Gate();
  readonly #closing = new AbortController();
  #transport: TransportName;
  #cursor: string | undefined;
  /** Of the reading under way; ended early to go on over another transport. */
  #turn = new Deadline();
  /** Of the command under way. */
  #command = new Deadline();
  #reading: Promise<void> | undefined;

  constructor(options: ParticipantOptions) {
    this.#options = options;
    this.journal = options.journal;
    this.#transport = options.transport === 'websocket' ? 'polling' : options.transport;
    const run = (method: string, params: unknown) => this.#post(method, params);
    this.commands = new CommandQueue({ ...options, run });
  }

  async start(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      try {
        this.#turn = new Deadline();
        const { snapshot, cursor } = await this.#sync(0);
        for (const [channel, head] of Object.entries(snapshot?.channels ?? {})) {
          this.journal.baseline.set(channel, head);
        }
        this.#cursor = cursor;
        this.journal.place = placeOf(cursor);
        break;
      } catch {
        await sleep(100, this.#closing.signal);
      }
    }
    this.#reading = this.#read();
  }

  send(channel: string, text: string): void {
    this.commands.send(channel, text);
  }

  /** It stays among the transports over HTTP: they share the cursor. */
  hop(transport: TransportName): void {
    if (transport === 'websocket') return;
    this.#transport = transport;
    this.#turn.end();
  }

  pause(): () => void {
    return this.#gate.close();
  }

  get pending(): number {
    return this.commands.pending;
  }

  async close(): Promise<void> {
    this.commands.close();
    this.#closing.abort();
    this.#turn.end();
    this.#command.end();
    await this.#reading;
  }

  async #read(): Promise<void> {
    const closing = this.#closing.signal;
    while (!closing.aborted) {
      this.#turn = new Deadline();
      try {
        await this.#gate.passed();
        if (this.#transport === 'sse') await this.#stream();
        else await this.#poll();
      } catch (error) {
        if (error instanceof Refusal && error.code === 'invalid_cursor') await this.#anew().catch(() => {});
        else if (error instanceof Refusal && !error.retryable)
          this.journal.complain(`sync was refused: ${error.code}`);
        await sleep(this.#options.random.int(10, 150), closing);
      }
    }
  }

  /** Its place is good for nothing any more: takes the state anew, and what came meanwhile by offset. */
  async #anew(): Promise<void> {
    this.#cursor = undefined;
    this.#turn = new Deadline();
    const { snapshot, cursor } = await this.#sync(0);
    const channels = Object.keys(snapshot?.channels ?? {});
    await fillByOffset(this.journal, channels, (method, params) => this.#post(method, params));
    this.#cursor = cursor;
  }

  async #poll(): Promise<void> {
    const long = this.#transport === 'long-polling';
    const answer = await this.#sync(long ? HELD : 0);
    for (const gap of answer.gaps) this.journal.missed(gap);
    for (const publication of answer.publications) this.#saw(publication);
    this.#cursor = answer.cursor;
    if (!long && !answer.more) await sleep(POLL_INTERVAL, this.#turn.signal);
  }

  async #sync(wait: number): Promise<SyncAnswer> {
    const turn = this.#turn;
    turn.renew(wait * 1_000 + PATIENCE);
    try {
      return (await (await this.#fetch(this.#address(wait), turn)).json()) as SyncAnswer;
    } finally {
      turn.clear();
    }
  }

  async #stream(): Promise<void> {
    const turn = this.#turn;
    // The server speaks more often than that.
    turn.renew(PATIENCE);
    try {
      const response = await this.#fetch(this.#address(0), turn, { accept: 'text/event-stream' });
      const decoder = new TextDecoder();
      let rest = '';
      for await (const bytes of bodyOf(response, turn.signal)) {
        turn.clear();
        await this.#gate.passed();
        // It may have been ended meanwhile.
        turn.signal.throwIfAborted();
        turn.renew(PATIENCE);
        const blocks = (rest + decoder.decode(bytes, { stream: true })).split('\n\n');
        rest = blocks.pop() ?? '';
        for (const block of blocks) this.#event(block);
      }
    } finally {
      turn.clear();
    }
  }

  #event(block: string): void {
    const fields = new Map<string, string>();
    for (const line of block.split('\n')) {
      const colon = line.indexOf(': ');
      if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 2));
    }
    const [data, id] = [fields.get('data'), fields.get('id')];
    if (data !== undefined) {
      if (fields.get('event') === 'gap') this.journal.missed(JSON.parse(data) as Gap);
      else if (!fields.has('event')) this.#saw(JSON.parse(data) as ChannelPublication, placeOf(id));
    }
    // A heartbeat has no data, and says how far was looked.
    this.#cursor = id ?? this.#cursor;
  }

  #saw({ channel, epoch, ...publication }: ChannelPublication, id?: number): void {
    this.journal.saw(channel, epoch, publication, id);
  }

  #address(wait: number): string {
    const query = new URLSearchParams({ session: this.#options.user, wait: String(wait) });
    for (const channel of this.journal.besides) query.append('channel', channel);
    if (this.#cursor !== undefined) query.set('cursor', this.#cursor);
    return `/api/sync?${query.toString()}`;
  }

  async #post(method: string, params: unknown): Promise<unknown> {
    const command = new Deadline();
    this.#command = command;
    command.renew(PATIENCE);
    try {
      const headers = { 'content-type': 'application/json' };
      const response = await this.#fetch(`/api/commands/${method}`, command, headers, JSON.stringify(params));
      return await response.json();
    } finally {
      command.clear();
    }
  }

  /** @throws {Refusal} what the server answered; anything else is the way there */
  async #fetch(
    path: string,
    { signal }: Deadline,
    headers: Record<string, string> = {},
    body?: string,
  ): Promise<Response> {
    const response = await fetch(this.#options.url + path, {
      headers: { ...headers, authorization: `Bearer ${this.#options.token}` },
      signal,
      ...(body !== undefined && { method: 'POST', body }),
    });
    if (response.ok) return response;
    const { error } = (await response.json()) as { error: { code: string; retryable: boolean } };
    throw new Refusal(error.code, error.retryable);
  }
}

/** The body as it comes, up to its end or the signal. What was aborted may otherwise be waited for without an end. */
async function* bodyOf({ body }: Response, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  if (!body) return;
  const reader = body.getReader();
  const aborted = new Promise<never>((_, reject) => {
    const abort = (): void => reject(new Error('The turn was ended.'));
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
  aborted.catch(() => {});
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), aborted]);
      if (done) return;
      yield value;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** Ends what has its signal when it is not renewed in time, or when it is told to. */
class Deadline {
  readonly #controller = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** In milliseconds from now. */
  renew(patience: number): void {
    this.clear();
    this.#timer = setTimeout(() => this.end(), patience);
  }

  clear(): void {
    clearTimeout(this.#timer);
  }

  end(): void {
    this.clear();
    this.#controller.abort();
  }
}
