/**
 * Runs commands: over the session where the transport has one, by a request of their own otherwise. It runs each once;
 * whether to try again is for others to say.
 */
import type { CommandName, CommandParams, CommandResults } from '@fullduplex/wire';
import type { Connection } from './connection.js';
import { closedError, offlineError } from './errors.js';
import { type HttpContext, requestJson } from './http.js';
import type { TokenSource } from './token.js';
import { ClientError } from './types.js';

export interface CommandsOptions {
  readonly http: HttpContext;
  readonly token: TokenSource;
  readonly connection: Connection;
  /** In milliseconds: to be connected, and then again to be answered. */
  readonly timeout: number;
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: ClientError) => void;
}

export class Commands {
  readonly #options: CommandsOptions;
  readonly #waiting = new Set<Waiting>();

  constructor(options: CommandsOptions) {
    this.#options = options;
  }

  /** Waits until there is a way to the server, at most `timeout`. */
  async call<Name extends CommandName>(
    name: Name,
    params: CommandParams[Name],
  ): Promise<CommandResults[Name]> {
    await this.#connected();
    try {
      return await this.callNow(name, params);
    } catch (error) {
      if (!(error instanceof ClientError) || error.code !== 'token_expired') throw error;
      // It was not run, and the next token is on its way.
      await this.#connected();
      return this.callNow(name, params);
    }
  }

  /** Fails at once where there is no way to the server. */
  async callNow<Name extends CommandName>(
    name: Name,
    params: CommandParams[Name],
  ): Promise<CommandResults[Name]> {
    const { connection } = this.#options;
    const { transport } = connection;
    if (!transport) throw unavailable(connection);
    try {
      const answer = transport.call ? transport.call(name, params) : this.#post(name, params);
      return (await answer) as CommandResults[Name];
    } catch (error) {
      // What was under way when the app closed the client did not fail for want of a connection.
      throw connection.state.status === 'closed' ? closedError() : error;
    }
  }

  async #post(name: string, body: unknown): Promise<unknown> {
    const { http, token: source, connection, timeout } = this.#options;
    const token = await source.get();
    if (token === null) throw unavailable(connection);
    try {
      return await requestJson(http, { path: `api/commands/${name}`, token, body, timeout });
    } catch (error) {
      if (error instanceof ClientError && (error.code === 'unauthorized' || error.code === 'token_expired')) {
        connection.tokenRefused(token);
      }
      throw error;
    }
  }

  #connected(): Promise<void> {
    const { connection, http, timeout } = this.#options;
    if (connection.transport) return Promise.resolve();
    if (!mayConnect(connection)) return Promise.reject(unavailable(connection));
    return new Promise((resolve, reject) => {
      const done = (settle: () => void): void => {
        http.clock.clearTimer(timer);
        this.#waiting.delete(waiting);
        settle();
      };
      const waiting: Waiting = {
        resolve: () => done(resolve),
        reject: (error) => done(() => reject(error)),
      };
      const timer = http.clock.setTimer(() => waiting.reject(unavailable(connection)), timeout);
      this.#waiting.add(waiting);
    });
  }

  /** The connection's state changed. */
  stateChanged(): void {
    const { connection } = this.#options;
    const connected = connection.transport !== undefined;
    if (!connected && mayConnect(connection)) return;
    for (const waiting of this.#waiting) {
      if (connected) waiting.resolve();
      else waiting.reject(unavailable(connection));
    }
  }
}

function mayConnect({ state: { status } }: Connection): boolean {
  return status !== 'closed' && status !== 'signed-out';
}

function unavailable({ state: { status, reason } }: Connection): ClientError {
  if (status === 'closed') return closedError();
  if (status === 'signed-out')
    return new ClientError('signed_out', 'Nobody is signed in.', { retryable: false });
  return offlineError(reason);
}
