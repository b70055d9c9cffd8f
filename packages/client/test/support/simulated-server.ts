/**
 * A server of one user over one ordered log, and a network in the test's hands: what the server answers lies on a wire
 * until it is delivered, and a wire can be cut with all that is on it. It speaks the wire as it is written down, and
 * takes no shortcut that a real server would not.
 */
import type {
  ChannelPublication,
  ChannelState,
  Gap,
  MethodParams,
  Position,
  Publication,
  Push,
  Reply,
  SyncAnswer,
} from '@fullduplex/wire';
import type { WebSocketLike } from '../../src/types.js';
import type { FakeClock } from './fake-clock.js';

export interface SimulatedRecord extends ChannelPublication {
  /** In the order of everything, from 1. */
  readonly id: number;
}

const ME = 'alice';
export const FEED = `user:${ME}`;
const encoder = new TextEncoder();

/** What is on its way to the client over one connection or request. */
export class Wire {
  readonly #queue: (() => void)[] = [];
  readonly #onCut: () => void;
  /** The server's side: calls back when there may be news. */
  onNews: (() => void) | undefined;
  open = true;

  constructor(onCut: () => void) {
    this.#onCut = onCut;
  }

  put(deliver: () => void): void {
    if (this.open) this.#queue.push(deliver);
  }

  get size(): number {
    return this.#queue.length;
  }

  deliver(): void {
    this.#queue.shift()?.();
  }

  /** The server's end of it closes; the client sees it, or is the one who did it. */
  close(): void {
    this.open = false;
    this.#queue.length = 0;
    this.onNews = undefined;
  }

  cut(): void {
    if (!this.open) return;
    this.close();
    this.#onCut();
  }
}

/** As it stands where the channel stands beside it. */
function recordOf({ offset, data, info, time }: SimulatedRecord): Publication {
  return { offset, data, info, time };
}

function publicationOf(record: SimulatedRecord): ChannelPublication {
  const { channel, epoch } = record;
  return { channel, epoch, ...recordOf(record) };
}

export class SimulatedServer {
  readonly records: SimulatedRecord[] = [];
  readonly wires: Wire[] = [];
  readonly #clock: FakeClock;
  /** By channel, from which record on the user belongs to it. */
  readonly members = new Map<string, number>([[FEED, 0]]);
  readonly #heads = new Map<string, number>();
  epoch = 'e1';
  /** Places of other generations than this are not good any more. */
  generation = 1;
  /** Records in one answer, channels in one snapshot or page. */
  most = 3;
  /** Whether connections of a WebSocket fail. */
  blocked = false;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  /** The newest record. */
  get last(): number {
    return this.records.length;
  }

  say(channel: string): void {
    this.#append([{ channel, data: { type: 'message', text: `m${this.last + 1}` } }]);
  }

  join(channel: string): void {
    if (this.members.has(channel)) return;
    this.members.set(channel, this.last + 1);
    const data = { type: 'joined', user: ME, channel };
    this.#append([
      { channel: FEED, data },
      { channel, data },
    ]);
  }

  leave(channel: string): void {
    if (!this.members.delete(channel)) return;
    const data = { type: 'left', user: ME, channel };
    this.#append([
      { channel: FEED, data },
      { channel, data },
    ]);
  }

  #append(records: readonly { channel: string; data: unknown }[]): void {
    for (const { channel, data } of records) {
      const offset = this.head(channel) + 1;
      this.#heads.set(channel, offset);
      const info = { user: 'bob' };
      this.records.push({ id: this.last + 1, channel, epoch: this.epoch, offset, data, info, time: 0 });
    }
    for (const wire of this.wires.filter(({ open }) => open)) wire.onNews?.();
  }

  head(channel: string): number {
    return this.#heads.get(channel) ?? 0;
  }

  /** All wires with something on them, the oldest first. */
  get busy(): Wire[] {
    return this.wires.filter((wire) => wire.open && wire.size > 0);
  }

  readonly newWire = (onCut: () => void): Wire => {
    const wire = new Wire(onCut);
    this.wires.push(wire);
    return wire;
  };

  #cursor(id: number): string {
    return `${this.generation}.${id}`;
  }

  /** The place that a cursor is; `undefined` where it is not good. */
  #place(cursor: string): number | undefined {
    const [generation, id] = cursor.split('.').map(Number);
    return generation === this.generation ? id : undefined;
  }

  #after(place: number, named: readonly string[], mine = true): SimulatedRecord[] {
    return this.records.filter(({ id, channel }) => {
      if (id <= place) return false;
      const from = mine ? this.members.get(channel) : undefined;
      return named.includes(channel) || (from !== undefined && id >= from);
    });
  }

  #position(channel: string): Position {
    return { epoch: this.epoch, offset: this.head(channel) };
  }

  readonly fetch: typeof fetch = (input, init = {}) =>
    new Promise((resolve, reject) => {
      const url = new URL(input as URL);
      let stream: ReadableStreamDefaultController<Uint8Array> | undefined;
      const fail = (error: unknown): void => {
        reject(error);
        try {
          stream?.error(error);
        } catch {
          // It had ended before.
        }
      };
      const wire = this.newWire(() => fail(new TypeError('cut')));
      init.signal?.addEventListener('abort', () => {
        wire.close();
        fail(new DOMException('aborted', 'AbortError'));
      });
      const answer = (body: unknown, status = 200): void =>
        wire.put(() => {
          wire.close();
          resolve(new Response(JSON.stringify(body), { status }));
        });
      if (url.pathname.startsWith('/api/commands/')) {
        const method = url.pathname.slice('/api/commands/'.length);
        answer(this.#command(method, JSON.parse(init.body as string)));
      } else if (this.#place(url.searchParams.get('cursor') ?? this.#cursor(0)) === undefined) {
        answer({ error: { code: 'invalid_cursor', message: 'No.', retryable: false } }, 400);
      } else if (new Headers(init.headers).get('accept') === 'text/event-stream') {
        const text = (chunk: string): void => wire.put(() => stream?.enqueue(encoder.encode(chunk)));
        wire.put(() => {
          const body = new ReadableStream<Uint8Array>({
            start: (controller) => {
              stream = controller;
            },
          });
          resolve(new Response(body, { headers: { 'content-type': 'text/event-stream' } }));
        });
        this.#stream(url.searchParams, wire, text);
      } else {
        this.#sync(url.searchParams, wire, answer);
      }
    });

  #sync(query: URLSearchParams, wire: Wire, answer: (body: unknown, status?: number) => void): void {
    const cursor = query.get('cursor');
    if (cursor === null) {
      const channels = this.#listed().slice(0, this.most);
      const heads = Object.fromEntries(channels.map((channel) => [channel, this.#position(channel)]));
      const more = channels.length < this.members.size;
      const body: SyncAnswer = {
        cursor: this.#cursor(this.last),
        publications: [],
        gaps: [],
        snapshot: { user: ME, channels: heads, ...(more && { more }) },
      };
      answer(body);
      return;
    }
    const place = this.#place(cursor) ?? 0;
    const reply = (): boolean => {
      const found = this.#after(place, query.getAll('channel'));
      const publications = found.slice(0, this.most).map(publicationOf);
      const more = found.length > publications.length;
      const to = more ? found[this.most - 1]!.id : this.last;
      if (publications.length === 0 && wire.onNews) return false;
      const gaps: Gap[] = [];
      answer({ cursor: this.#cursor(to), publications, gaps, ...(more && { more }) } satisfies SyncAnswer);
      return true;
    };
    const wait = Number(query.get('wait') ?? 0);
    if (wait > 0) {
      wire.onNews = () => {
        if (reply()) wire.onNews = undefined;
      };
      wire.onNews();
      this.#clock.setTimer(() => {
        if (!wire.onNews) return;
        wire.onNews = undefined;
        reply();
      }, wait * 1000);
    } else {
      reply();
    }
  }

  #stream(query: URLSearchParams, wire: Wire, text: (chunk: string) => void): void {
    let place = this.#place(query.get('cursor')!) ?? 0;
    text(`id: ${this.#cursor(place)}\n\n`);
    wire.onNews = () => {
      for (const record of this.#after(place, query.getAll('channel'))) {
        const data = JSON.stringify(publicationOf(record));
        text(`id: ${this.#cursor(record.id)}\ndata: ${data}\n\n`);
      }
      place = this.last;
    };
    wire.onNews();
  }

  #listed(): string[] {
    return [...this.members.keys()];
  }

  #command(method: string, params: unknown): unknown {
    if (method === 'channel.history') {
      const { channel, after = 0, limit } = params as { channel: string; after?: number; limit: number };
      const all = this.records.filter((record) => record.channel === channel && record.offset > after);
      const publications = all.slice(0, limit).map(recordOf);
      return { publications, ...this.#position(channel) };
    }
    const { after } = params as { after?: string };
    const listed = this.#listed().filter((channel) => after === undefined || channel > after);
    const page = listed.toSorted().slice(0, this.most);
    const channels = page.map(
      (channel): ChannelState => ({ channel, ...this.#position(channel), read: 0, unread: 0, present: [] }),
    );
    return { user: ME, channels, ...(page.length < listed.length && { next: page.at(-1)! }) };
  }

  /** The session's side of a connection. */
  serve(wire: Wire, push: (message: Reply | { push: Push }) => void): (frame: string) => void {
    /** Up to here everything of the user's own was put on the wire. */
    let place: number | undefined;
    const asked = new Map<string, number>();
    const tell = (): void => {
      if (place === undefined) return;
      for (const [channel, from] of asked) {
        for (const record of this.records) {
          if (record.id > from && record.channel === channel)
            push({ push: { channel, pub: recordOf(record) } });
        }
        asked.set(channel, this.last);
      }
      for (const record of this.#after(place, [])) {
        const { id, channel, data } = record;
        push({ push: { channel, pub: { ...recordOf(record), cursor: this.#cursor(id) } } });
        const { type, channel: other } = data as { type: string; channel: string };
        if (channel !== FEED) continue;
        const sub = { recoverable: true, positioned: true, ...this.#position(other) } as const;
        if (type === 'joined' && this.members.has(other)) push({ push: { channel: other, subscribe: sub } });
        if (type === 'left' && !this.members.has(other)) {
          push({ push: { channel: other, unsubscribe: { code: 2000, reason: '' } } });
        }
      }
      if (place < this.last) push({ push: { cursor: this.#cursor(this.last) } });
      place = this.last;
    };
    wire.onNews = tell;
    return (frame) => {
      const { id, ...command } = JSON.parse(frame) as { id: number } & Partial<MethodParams>;
      const { connect, subscribe, unsubscribe, rpc } = command;
      if (connect) {
        const { since } = connect.data as { since?: string };
        const from = since === undefined ? this.last : this.#place(since);
        if (from === undefined) {
          push({ id, error: { code: 112, message: 'unrecoverable_position: No.' } });
          return;
        }
        const names = this.#listed().slice(0, this.most);
        const more = names.length < this.members.size;
        const heads = names.map((channel) => {
          return [channel, { recoverable: true, positioned: true, ...this.#position(channel) } as const];
        });
        const data = { user: ME, epoch: this.epoch, cursor: this.#cursor(from), ...(more && { more }) };
        const facts = { client: 'c', version: '1', ping: 25, pong: true };
        if (since === undefined) {
          push({ id, connect: { ...facts, subs: Object.fromEntries(heads), data } });
        } else {
          push({ id, connect: { ...facts, data: { ...data, recovered: true, channels: names } } });
        }
        place = from;
        tell();
      } else if (subscribe) {
        const { channel, offset } = subscribe;
        const result = { recoverable: true, positioned: true, ...this.#position(channel) } as const;
        const from = this.records.find((one) => one.channel === channel && one.offset === offset);
        const recovered = offset === 0 || from !== undefined;
        if (subscribe.recover) push({ id, subscribe: { ...result, was_recovering: true, recovered } });
        else push({ id, subscribe: result });
        asked.set(channel, subscribe.recover ? (from?.id ?? 0) : this.last);
        tell();
      } else if (unsubscribe) {
        asked.delete(unsubscribe.channel);
        push({ id, unsubscribe: {} });
      } else if (rpc) {
        push({ id, rpc: { data: this.#command(rpc.method!, rpc.data) } });
      }
    };
  }
}

/** The platform's WebSocket, connected to this server. */
export function webSocketTo(server: SimulatedServer): new (url: string) => WebSocketLike {
  return class implements WebSocketLike {
    onopen: ((event: never) => void) | null = null;
    onmessage: ((event: never) => void) | null = null;
    onerror: ((event: never) => void) | null = null;
    onclose: ((event: never) => void) | null = null;
    readonly #wire: Wire;
    readonly #receive: (frame: string) => void;

    constructor() {
      const wire = server.newWire(() => {
        (this.onclose as ((event: unknown) => void) | null)?.({ code: 1006, reason: '' });
      });
      this.#wire = wire;
      this.#receive = server.serve(wire, (message) => {
        wire.put(() => {
          (this.onmessage as ((event: unknown) => void) | null)?.({ data: JSON.stringify(message) });
        });
      });
      if (server.blocked) wire.put(() => wire.cut());
      else wire.put(() => (this.onopen as ((event: unknown) => void) | null)?.({}));
    }

    send(frame: string): void {
      if (this.#wire.open && frame !== '{}') this.#receive(frame);
    }

    close(): void {
      this.#wire.close();
    }
  };
}
