/** Puts the parts of a server together, and only that. */
import { resolveConfig, type ServerConfig } from './config.js';

export interface Server {
  /**
   * Opens the data folder and begins to accept. To be called once.
   *
   * @throws {ServerError} `address_in_use`, `address_not_available`, `data_unavailable`
   */
  listen(): Promise<Listening>;
  /**
   * Stops accepting, ends held requests, closes WebSockets with 1001, finishes the commit under way and closes the
   * log. Harmless when called again, or before `listen`.
   */
  close(): Promise<void>;
}

export interface Listening {
  /** Where it answers, for example `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly port: number;
}

/** @throws {ServerError} `invalid_config` */
export function createServer(input: ServerConfig = {}): Server {
  resolveConfig(input);
  throw new Error('not yet');
}
