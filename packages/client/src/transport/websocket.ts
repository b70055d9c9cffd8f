/**
 * The session over WebSocket: one connection that reads and carries commands. It watches the server's pings, and ends
 * when they stop.
 */
import {
  type ConnectResult,
  type FollowMine,
  type MethodName,
  type MethodParams,
  type MethodResults,
  type Push,
  type Reply,
  shouldReconnect,
} from '@fullduplex/wire';
import { badAnswer, offlineError, timeoutError } from '../errors.js';
import { ClientError, type WebSocketLike } from '../types.js';
import { decodeError, decodeFrame, encodeCommand, PONG } from './codec.js';
import { dispatchPush, startOf } from './push.js';
import {
  type Asked,
  type Beginning,
  type Ending,
  PLACE_ERRORS,
  type Sink,
  TOKEN_ERRORS,
  type Transport,
  type TransportContext,
} from './transport.js';

/** Told at once, within the turn that brought the answer: the pushes after it belong behind it. */
type Answer = (reply: Reply | ClientError) => void;

interface Waiting {
  readonly answer: Answer;
  readonly timer: unknown;
}

/** Close codes that speak of the token: refused, and expired. */
const TOKEN_CODES = new Set([3500, 3005]);
const CUT = 'The connection was cut.';
/** How long the answer to a `check()` may take, in milliseconds. */
const CHECK_TIMEOUT = 4_000;

export class WebSocketTransport implements Transport {
  readonly name = 'websocket';
  readonly #context: TransportContext;
  readonly #sink: Sink;
  readonly #socket: WebSocketLike | undefined;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #ended = false;
  /** What the server said in a push before it closed. */
  #farewell: { readonly code: number; readonly reason: string } | undefined;
  /** Longest silence that is in order, in milliseconds; 0 where the server does not ping. */
  #patience = 0;
  #silence: unknown;

  constructor(context: TransportContext, sink: Sink) {
    this.#context = context;
    this.#sink = sink;
    if (!context.WebSocket) throw new TypeError('There is no WebSocket here.');
    const url = new URL('connection/websocket', context.http.base);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    try {
      this.#socket = new context.WebSocket(url.href);
    } catch {
      // A page's policy may forbid it, which is told as if the connection had failed: later, by the sink.
      queueMicrotask(() => this.#end({ kind: 'retry', reason: 'The WebSocket could not be made.' }));
      return;
    }
    this.#socket.onopen = () => this.#connect(context.cursor);
    this.#socket.onmessage = (event: { readonly data: unknown }) => this.#receive(event.data);
    this.#socket.onerror = () => {};
    this.#socket.onclose = (event: { readonly code: number; readonly reason: string }) =>
      this.#closed(this.#farewell ?? event);
  }

  readonly call = (method: string, data: unknown): Promise<unknown> =>
    new Promise((resolve, reject) => {
      this.#request('rpc', { method, data }, (answer) => {
        if (answer instanceof ClientError) reject(answer);
        else resolve(answer.data);
      });
    });

  follow(channel: string): void {
    const asked = this.#context.asked().find((one) => one.channel === channel);
    if (asked) this.#subscribe(asked);
  }

  unfollow(channel: string): void {
    // What is the user's own stays with the server all the same; an answer of any kind is good.
    this.#request('unsubscribe', { channel }, () => {});
  }

  check(): void {
    this.#request(
      'ping',
      {},
      (answer) => {
        if (answer instanceof ClientError && answer.code === 'timeout')
          this.#fail('The server does not answer.');
      },
      CHECK_TIMEOUT,
    );
  }

  close(): void {
    this.#ended = true;
    this.#release(offlineError(CUT));
    this.#hangUp();
  }

  /** @param since the place to go on from */
  #connect(since: string | undefined): void {
    const { follow, token } = this.#context;
    const data: FollowMine = { follow: 'mine', ...(since !== undefined && { since }) };
    const params = { token, name: 'fullduplex', ...(follow === 'mine' && { data }) };
    this.#request('connect', params, (answer) => {
      if (!(answer instanceof ClientError)) this.#connected(answer, follow === 'mine' && since !== undefined);
      else if (since !== undefined && PLACE_ERRORS.has(answer.code)) this.#connect(undefined);
      else this.#end({ kind: TOKEN_ERRORS.has(answer.code) ? 'token' : 'retry', reason: answer.message });
    });
  }

  #connected(result: ConnectResult, wentOn: boolean): void {
    const { asked, timing } = this.#context;
    const { data, subs } = result;
    this.#patience = result.ping > 0 ? result.ping * 1000 + timing.maxSilence : 0;
    this.#heard();
    const recovered = wentOn && data?.recovered !== false;
    this.#sink({
      type: 'opened',
      ...(data && { user: data.user }),
      ...(data?.epoch !== undefined && { epoch: data.epoch }),
      ...(recovered
        ? data?.channels && !data.more && { belongs: data.channels }
        : { beginning: beginning() }),
    });
    for (const one of asked()) if (!subs?.[one.channel]) this.#subscribe(one);

    function beginning(): Beginning {
      const heads = Object.entries(subs ?? {}).map(([channel, { epoch, offset }]) => [
        channel,
        { epoch, offset },
      ]);
      return {
        ...(data?.cursor !== undefined && { cursor: data.cursor }),
        channels: Object.fromEntries(heads) as Beginning['channels'],
        // Where it was to go on and could not, it may have told names alone, and not where the channels stand.
        more: data?.more === true || (wentOn && !subs),
      };
    }
  }

  #subscribe({ channel, position }: Asked): void {
    const params = {
      channel,
      recoverable: true,
      positioned: true,
      join_leave: true,
      ...(position && { recover: true, ...position }),
    };
    this.#request('subscribe', params, (answer) => {
      if (!(answer instanceof ClientError)) {
        this.#sink({ type: 'started', channel, start: startOf(answer) });
      } else if (!this.#ended) {
        const shared = answer.code === 'already_subscribed';
        this.#sink(shared ? { type: 'shared', channel } : { type: 'refused', channel, error: answer });
      }
    });
  }

  #receive(data: unknown): void {
    if (this.#ended) return;
    this.#heard();
    try {
      for (const incoming of decodeFrame(String(data))) {
        if (incoming.type === 'ping') this.#socket?.send(PONG);
        else if (incoming.type === 'push') this.#push(incoming.push);
        else this.#reply(incoming.reply);
        // A listener may have closed the client.
        if (this.#ended) return;
      }
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      this.#fail(error.message);
    }
  }

  #push(push: Push): void {
    if (push.disconnect) this.#farewell = push.disconnect;
    else dispatchPush(push, this.#sink, (channel) => this.follow(channel));
  }

  #reply(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id ?? 0);
    if (!waiting) return;
    this.#forget(reply.id ?? 0, waiting);
    waiting.answer(reply.error ? decodeError(reply.error) : reply);
  }

  /** `answer` gets the result, or why there is none; it is called once, and never before this returns. */
  #request<Name extends MethodName>(
    method: Name,
    params: MethodParams[Name],
    answer: (answer: MethodResults[Name] | ClientError) => void,
    timeout = this.#context.timing.timeout,
  ): void {
    if (this.#ended) {
      queueMicrotask(() => answer(offlineError(CUT)));
      return;
    }
    this.#lastId += 1;
    const id = this.#lastId;
    const timer = this.#context.http.clock.setTimer(() => {
      this.#waiting.delete(id);
      answer(timeoutError());
    }, timeout);
    this.#waiting.set(id, {
      timer,
      answer: (reply) => answer(reply instanceof ClientError ? reply : resultOf(reply, method)),
    });
    this.#socket?.send(encodeCommand(id, method, params));
  }

  #forget(id: number, waiting: Waiting): void {
    this.#waiting.delete(id);
    this.#context.http.clock.clearTimer(waiting.timer);
  }

  /** Anything that comes shows that the server is there. */
  #heard(): void {
    const { clock } = this.#context.http;
    clock.clearTimer(this.#silence);
    if (this.#patience === 0) return;
    this.#silence = clock.setTimer(() => this.#fail('The server fell silent.'), this.#patience);
  }

  #closed({ code, reason }: { readonly code: number; readonly reason: string }): void {
    const kind = TOKEN_CODES.has(code) ? 'token' : shouldReconnect(code) ? 'retry' : 'final';
    this.#end({ kind, reason: reason || CUT });
  }

  #fail(reason: string): void {
    this.#end({ kind: 'retry', reason });
  }

  #end(ending: Ending): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#hangUp();
    this.#release(offlineError(CUT));
    this.#sink({ type: 'closed', ending });
  }

  #release(error: ClientError): void {
    this.#context.http.clock.clearTimer(this.#silence);
    for (const [id, waiting] of this.#waiting) {
      this.#forget(id, waiting);
      waiting.answer(error);
    }
  }

  #hangUp(): void {
    if (!this.#socket) return;
    this.#socket.onopen = null;
    this.#socket.onmessage = null;
    this.#socket.onclose = null;
    // `onerror` stays: closing one that is still connecting is an error to the platform, and none to us.
    this.#socket.close(1000);
  }
}

function resultOf<Name extends MethodName>(reply: Reply, method: Name): MethodResults[Name] | ClientError {
  const results: Partial<MethodResults> = reply;
  return results[method] ?? badAnswer(`The server did not answer to ${method}.`);
}
