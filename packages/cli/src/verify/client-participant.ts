/** A participant that is `@fullduplex/client`, as an app would use it: closed and made anew to hop. */
import { type Client, connect, type StoredMessage, type TransportName } from '@fullduplex/client';
import { WebSocket } from '@fullduplex/websocket';
import { CommandQueue, Refusal } from './commands.js';
import { placeOf, type Sent } from './journal.js';
import type { Participant, ParticipantOptions } from './participant.js';
import { TRANSPORTS } from './plan.js';
import { digest } from './truth/truth.js';

export class ClientParticipant implements Participant {
  readonly journal: ParticipantOptions['journal'];
  /** For what the client leaves to the app to repeat. */
  readonly commands: CommandQueue;
  readonly #options: ParticipantOptions;
  /** What is not acknowledged, handed on from one client to the next. */
  readonly #stored = new Map<string, StoredMessage>();
  readonly #sent = new Map<string, Sent>();
  #client: Client | undefined;

  constructor(options: ParticipantOptions) {
    this.#options = options;
    this.journal = options.journal;
    const run = (method: string, params: unknown) => this.#call(method, params);
    this.commands = new CommandQueue({ ...options, run });
  }

  async start(): Promise<void> {
    const client = this.#open(this.#options.transport);
    await new Promise<void>((resolve) => {
      client.on('state', ({ status }) => {
        if (status === 'connected') resolve();
      });
    });
    for (const [channel, position] of Object.entries(client.positions)) {
      this.journal.baseline.set(channel, position);
    }
    this.journal.place = placeOf(client.cursor);
  }

  send(channel: string, text: string): void {
    const { key } = this.#client!.send(channel, text);
    const data = digest({ type: 'message', text });
    const sent: Sent = { channel, key, text, data, acknowledged: [] };
    this.journal.sent.push(sent);
    this.#sent.set(key, sent);
  }

  hop(transport: TransportName): void {
    this.#open(transport);
  }

  /** An app that does not read: nothing to do for the client, which goes on. */
  pause(): () => void {
    return () => {};
  }

  get pending(): number {
    return this.commands.pending + (this.#client?.state.pending ?? 0);
  }

  async close(): Promise<void> {
    this.commands.close();
    this.#client?.close();
  }

  /** Makes the client anew, where the last one was. */
  #open(first: TransportName): Client {
    const { positions = {}, cursor } = this.#client ?? {};
    this.#client?.close();
    const { url, token, random } = this.#options;
    const client = connect({
      url,
      token,
      WebSocket,
      positions,
      cursor,
      transports: [first, ...TRANSPORTS.filter((transport) => transport !== first)],
      random: () => random.next(),
      timing: {
        backoffBase: 50,
        backoffCap: 1_000,
        timeout: 4_000,
        fallbackAfter: 1_500,
        pollInterval: 150,
        longPollWait: 2_000,
        maxSilence: 3_000,
        upgradeAfter: 2_000,
      },
      storage: {
        load: () => [...this.#stored.values()],
        put: (message) => this.#stored.set(message.key, message),
        remove: (key) => this.#stored.delete(key),
      },
    });
    client.on('publication', ({ channel, epoch, ...publication }) =>
      this.journal.saw(channel, epoch, publication),
    );
    client.on('gap', (gap) => this.journal.missed(gap));
    client.on('send', ({ key, status, position, error }) => {
      const sent = this.#sent.get(key);
      if (status === 'sent' && position) sent?.acknowledged.push({ position });
      if (status !== 'failed' || !sent) return;
      if (this.#options.open.has(sent.channel)) sent.declined = true;
      else sent.refused = error?.code ?? 'failed';
    });
    this.#client = client;
    return client;
  }

  async #call(method: string, params: unknown): Promise<unknown> {
    try {
      return await this.#client!.call(method as 'message.send', params as never);
    } catch (error) {
      const { code, retryable } = error as { code?: string; retryable?: boolean };
      // One that was closed to hop is no refusal.
      if (code === undefined || code === 'closed') throw error;
      throw new Refusal(code, retryable ?? false);
    }
  }
}
