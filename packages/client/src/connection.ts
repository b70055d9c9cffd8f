/**
 * Which transport is in use, and when another is tried: the best that works, down the list when one fails, up again
 * when a better one can be had, and a wait with jitter when none works. It must not know what is read over it.
 */
import { Backoff } from './backoff.js';
import type { TokenSource } from './token.js';
import type { Ending, Sink, Transport, TransportEvent } from './transport/transport.js';
import type { ClientStatus, Clock, Timing, TransportName } from './types.js';

export interface ConnectionState {
  readonly status: ClientStatus;
  readonly transport?: TransportName;
  readonly retryAt?: number;
  readonly reason?: string;
}

export interface ConnectionOptions {
  /** Best first; at least one. */
  readonly transports: readonly TransportName[];
  readonly open: (name: TransportName, token: string, sink: Sink) => Transport;
  readonly token: TokenSource;
  readonly timing: Timing;
  readonly clock: Clock;
  readonly random: () => number;
  /** What the transport in use reports; `opened` comes when it is in use already. Never `closed`. */
  readonly onEvent: (event: TransportEvent) => void;
  readonly onState: (state: ConnectionState) => void;
}

/** One transport, from its first sign of life. */
interface Link {
  readonly name: TransportName;
  readonly token: string;
  transport?: Transport;
  /** When it was up. */
  since: number;
  dead: boolean;
}

/** A transport that was up for so long is taken to work, in milliseconds. */
const STEADY = 10_000;
/** After so many lives in a row that were shorter, the next transport has its turn. */
const SHORT_LIVES = 3;
/** A failing better transport is tried at most this many times more rarely than at first. */
const RAREST = 10;

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #backoff: Backoff;
  #state: ConnectionState = { status: 'connecting' };
  /** In use. */
  #active: Link | undefined;
  /** Being opened. */
  #trying: { readonly link: Link; readonly give: (ending: Ending) => void } | undefined;
  /** Grows with each new beginning: what was begun before then is out of date. */
  #generation = 0;
  #retry: unknown;
  #upgrade: unknown;
  #upgradeFailures = 0;
  #shortLives = 0;
  #lastAttempt = Number.NEGATIVE_INFINITY;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    const { timing, random } = options;
    this.#backoff = new Backoff(timing.backoffBase, timing.backoffCap, random);
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** The transport in use. */
  get transport(): Transport | undefined {
    return this.#active?.transport;
  }

  start(): void {
    this.#attempt(this.#options.transports);
  }

  /** Tries now what would be tried later; asks for a token again after signing out. */
  reconnect(): void {
    const { status } = this.#state;
    if (status === 'closed' || status === 'connected') return;
    if (status === 'signed-out') this.#options.token.reset();
    this.#attempt(this.#options.transports, 'connecting');
  }

  /**
   * Something speaks for the way to the server being there again: the network is back, or someone looks at the page.
   * However often it is said, it makes for one attempt within `backoffBase`.
   */
  wake(): void {
    const { clock, timing } = this.#options;
    if (this.#active) this.#active.transport?.check();
    else if (this.#state.retryAt !== undefined && clock.now() - this.#lastAttempt >= timing.backoffBase) {
      this.#attempt(this.#options.transports);
    }
  }

  /** The network is gone: what is open may not notice for a long time. */
  lost(): void {
    this.#drop({ kind: 'retry', reason: 'There is no network.' });
  }

  /** A request was refused for this token. */
  tokenRefused(token: string): void {
    this.#options.token.refuse(token);
    if (this.#active?.token === token) this.#drop({ kind: 'token', reason: 'The token was refused.' });
  }

  close(reason?: string): void {
    if (this.#state.status === 'closed') return;
    this.#begin();
    this.#release();
    this.#set({ status: 'closed', ...(reason && { reason }) });
  }

  /** A new beginning: whatever else was under way is off. */
  #begin(): number {
    const { clock } = this.#options;
    clock.clearTimer(this.#retry);
    clock.clearTimer(this.#upgrade);
    this.#generation += 1;
    const trying = this.#trying;
    if (trying) {
      trying.link.dead = true;
      trying.link.transport?.close();
      trying.give({ kind: 'retry', reason: '' });
    }
    return this.#generation;
  }

  #release(): void {
    const active = this.#active;
    this.#active = undefined;
    if (!active) return;
    active.dead = true;
    active.transport?.close();
  }

  /** @param status meanwhile; who is offline stays it, unless told otherwise, until there is news */
  #attempt(names: readonly TransportName[], status = this.#state.status): void {
    const generation = this.#begin();
    const { reason } = this.#state;
    this.#set({ status, ...(reason && { reason }) });
    void this.#run(names, generation);
  }

  /** Tries these in turn, until one is up. */
  async #run(names: readonly TransportName[], generation: number): Promise<void> {
    const { timing, clock } = this.#options;
    let reason = 'There is no way to the server.';
    for (let index = 0; index < names.length; index += 1) {
      const name = names[index];
      const token = await this.#token();
      if (generation !== this.#generation || name === undefined) return;
      if (token === undefined) break;
      if (token === null) {
        this.#set({ status: 'signed-out', reason: 'There is no token that the server takes.' });
        return;
      }
      this.#lastAttempt = clock.now();
      const last = index === names.length - 1;
      const ending = await this.#try(name, token, last ? timing.timeout : timing.fallbackAfter);
      if (!ending || generation !== this.#generation) return;
      if (ending.kind === 'final') {
        this.close(ending.reason);
        return;
      }
      reason = ending.reason;
      // The transport works; it was the token that did not.
      if (ending.kind === 'token') index -= 1;
    }
    this.#wait(reason);
  }

  /** `undefined` when the app could not say, which may pass. */
  async #token(): Promise<string | null | undefined> {
    try {
      return await this.#options.token.get();
    } catch {
      return undefined;
    }
  }

  #wait(reason: string): void {
    const { clock } = this.#options;
    const delay = this.#backoff.next();
    this.#set({ status: 'offline', reason, retryAt: clock.now() + delay });
    this.#retry = clock.setTimer(() => this.#attempt(this.#options.transports), delay);
  }

  /** Resolves with nothing when it is up and in use, otherwise with why not. */
  #try(name: TransportName, token: string, timeout: number): Promise<Ending | undefined> {
    const { clock, open } = this.#options;
    return new Promise((resolve) => {
      const link: Link = { name, token, since: 0, dead: false };
      let up = false;
      const settle = (ending: Ending | undefined): void => {
        clock.clearTimer(timer);
        if (this.#trying?.link === link) this.#trying = undefined;
        resolve(ending);
      };
      const give = (ending: Ending): void => {
        link.dead = true;
        if (ending.kind === 'token') this.#options.token.refuse(token);
        settle(ending);
      };
      const timer = clock.setTimer(() => {
        link.transport?.close();
        give({ kind: 'retry', reason: 'The server did not answer in time.' });
      }, timeout);
      this.#trying = { link, give };
      link.transport = open(name, token, (event) => {
        if (link.dead) return;
        if (!up && event.type === 'opened') {
          up = true;
          settle(undefined);
          this.#adopt(link);
        }
        if (event.type !== 'closed') {
          if (up) this.#options.onEvent(event);
        } else if (up) {
          this.#drop(event.ending);
        } else {
          give(event.ending);
        }
      });
    });
  }

  #adopt(link: Link): void {
    const { clock, token } = this.#options;
    const before = this.#active;
    this.#active = link;
    link.since = clock.now();
    token.accept(link.token);
    if (before) {
      before.dead = true;
      before.transport?.close();
    }
    this.#set({ status: 'connected', transport: link.name });
    this.#planUpgrade();
  }

  /** The transport in use ended. */
  #drop(ending: Ending): void {
    const { clock, token, transports } = this.#options;
    const link = this.#active;
    if (!link) return;
    const generation = this.#begin();
    this.#release();
    if (ending.kind === 'final') {
      this.close(ending.reason);
      return;
    }
    if (ending.kind === 'token') token.refuse(link.token);
    const steady = clock.now() - link.since >= STEADY;
    if (steady) this.#backoff.reset();
    this.#shortLives = steady ? 0 : this.#shortLives + 1;
    let names = [link.name];
    if (this.#shortLives >= SHORT_LIVES) {
      this.#shortLives = 0;
      names = transports.slice(transports.indexOf(link.name) + 1);
      if (names.length === 0) names = [...transports];
    }
    // The same transport first, after a moment: those who were cut together should not come back together.
    const delay = this.#backoff.next();
    this.#set({ status: 'connecting', reason: ending.reason, retryAt: clock.now() + delay });
    this.#retry = clock.setTimer(() => {
      if (generation === this.#generation) this.#attempt(names);
    }, delay);
  }

  #planUpgrade(): void {
    const { clock, timing, random, transports } = this.#options;
    clock.clearTimer(this.#upgrade);
    const active = this.#active;
    if (!active || active.name === transports[0]) {
      this.#upgradeFailures = 0;
      return;
    }
    const span = timing.upgradeAfter * Math.min(RAREST, 2 ** this.#upgradeFailures);
    this.#upgrade = clock.setTimer(
      () => void this.#probe(active, this.#generation),
      span * (0.5 + random() / 2),
    );
  }

  /** Tries what is better than the transport in use, which goes on until then. */
  async #probe(active: Link, generation: number): Promise<void> {
    const { timing, transports } = this.#options;
    for (const name of transports.slice(0, transports.indexOf(active.name))) {
      const ending = await this.#try(name, active.token, timing.timeout);
      if (!ending || generation !== this.#generation) return;
    }
    this.#upgradeFailures += 1;
    this.#planUpgrade();
  }

  #set(state: ConnectionState): void {
    this.#state = state;
    this.#options.onState(state);
  }
}
