/** Puts the assembly of a server together, and only that. */
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Assembly, assemble, disassemble } from './assembly.js';
import type { Broker } from './broker/broker.js';
import { type ResolvedConfig, resolveConfig, type ServerConfig, ServerError } from './config.js';
import { originForm } from './http/target.js';
import type { Log } from './log/log.js';
import { NodeExchange } from './transport/exchange.js';
import { lightenConnections } from './transport/light-connection.js';
import { sync } from './transport/sync.js';
import { upgrade } from './transport/upgrade.js';

export interface Server {
  /**
   * Opens the log, in the data folder or the database, and begins to accept. To be called once.
   *
   * @throws {ServerError} `address_in_use`, `address_not_available`, `data_unavailable`, `closed`
   */
  listen(): Promise<Listening>;
  /**
   * Stops accepting, ends held requests, closes WebSockets with 1012, finishes the commit under way and closes the
   * log. Harmless when called again, or before `listen`.
   */
  close(): Promise<void>;
}

export interface Listening {
  /** Where it answers, for example `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly port: number;
}

/** Parts to use instead of the server's own. */
export interface Replacements {
  /** The log of all conversations; closed with the server. `dataDir` then keeps the guests' secret alone. */
  readonly log?: Log;
  /** The way to other nodes; closed with the server. */
  readonly broker?: Broker;
}

/** @throws {ServerError} `invalid_config` */
export function createServer(input: ServerConfig = {}, replacements: Replacements = {}): Server {
  return new FullduplexServer(resolveConfig(input), replacements);
}

/** Connections that may wait to be accepted: after a cut everyone comes at once. The system may have a lower cap. */
const BACKLOG = 8192;
/** Connections beyond the limit that are answered; more are cut. */
const REFUSALS = 1000;

class FullduplexServer implements Server {
  readonly #config: ResolvedConfig;
  readonly #replacements: Replacements;
  readonly #http: ReturnType<typeof createHttpServer>;
  #opening: Promise<Assembly> | undefined;
  /** Cuts the connections that are not the HTTP server's own. */
  #cut: () => void = () => {};
  #closing: Promise<void> | undefined;

  constructor(config: ResolvedConfig, replacements: Replacements) {
    this.#config = config;
    this.#replacements = replacements;
    const { limits, timing } = config;
    this.#http = createHttpServer({
      maxHeaderSize: limits.headBytes,
      headersTimeout: timing.headTimeout * 1000,
      requestTimeout: timing.requestTimeout * 1000,
      keepAliveTimeout: timing.keepAliveTimeout * 1000,
      // How often those that take too long are looked for.
      connectionsCheckingInterval: Math.min(timing.headTimeout * 500, 5000),
      noDelay: true,
    });
  }

  async listen(): Promise<Listening> {
    this.#opening = assemble(this.#config, this.#replacements, () => this.#closing === undefined);
    const assembly = await this.#opening;
    if (this.#closing !== undefined)
      throw new ServerError('closed', 'The server was closed before it listened.');
    // A few more than are let in, so that those who are not can be told.
    this.#http.maxConnections = this.#config.limits.connections + REFUSALS;
    const handle = (request: IncomingMessage, response: ServerResponse): void => {
      request.url = originForm(request.url);
      if (isSync(request.url)) {
        void sync(NodeExchange.request(request), new NodeExchange(response), assembly.sync);
        return;
      }
      void assembly.app(request, response);
    };
    this.#http.on('request', handle);
    this.#http.on('upgrade', (request, stream, head) => {
      request.url = originForm(request.url);
      upgrade(request, stream, head, { ...assembly.upgrade, request: handle });
    });
    this.#cut = lightenConnections(this.#http, {
      wheel: assembly.shared.wheel,
      idleTimeout: this.#config.timing.keepAliveTimeout * 1000,
      sync: (request, exchange) => void sync(request, exchange, assembly.sync),
      isOpen: () => this.#closing === undefined,
    });
    try {
      return await this.#bind();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #bind(): Promise<Listening> {
    const { host, port } = this.#config;
    return new Promise((resolve, reject) => {
      this.#http.once('error', (error) => reject(explainListen(error, host, port)));
      this.#http.listen({ port, host, backlog: BACKLOG }, () => {
        const address = this.#http.address() as AddressInfo;
        resolve({ url: urlOf(host, address.port), port: address.port });
      });
    });
  }

  async #close(): Promise<void> {
    const stopped = new Promise<void>((resolve) => {
      if (this.#http.listening) this.#http.close(() => resolve());
      else resolve();
    });
    // What could not be opened was told to whoever called `listen`, and is closed.
    const assembly = await this.#opening?.catch(() => undefined);
    if (assembly !== undefined) await disassemble(assembly, this.#config.timing.closeTimeout * 1000);
    this.#cut();
    this.#http.closeAllConnections();
    await stopped;
  }
}

function isSync(url: string | undefined): boolean {
  return url === '/api/sync' || url?.startsWith('/api/sync?') === true;
}

function urlOf(host: string, port: number): string {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

function explainListen(error: Error, host: string, port: number): ServerError {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') {
    const message = `Port ${port} is taken: another program listens there.`;
    return new ServerError('address_in_use', message, { cause: error });
  }
  const message =
    code === 'EACCES'
      ? `This user may not listen on port ${port}.`
      : `Cannot listen on ${host}:${port}: ${error.message}.`;
  return new ServerError('address_not_available', message, { cause: error });
}
