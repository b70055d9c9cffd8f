/** A server of this repository, in this process, and clients that read it over real sockets. */
import { createServer, type Server, type ServerConfig } from '@fullduplex/server';
import { WebSocket } from '@fullduplex/websocket';
import { connect } from '../../src/connect.js';
import type { Client, ClientOptions, ReceivedPublication, TransportName } from '../../src/types.js';

export class RealServer {
  readonly #config: ServerConfig;
  readonly #clients: Client[] = [];
  #server: Server;
  url = '';
  #port = 0;

  private constructor(config: ServerConfig) {
    this.#config = config;
    this.#server = createServer({ ...config, port: 0 });
  }

  static async start(config: ServerConfig = {}): Promise<RealServer> {
    const server = new RealServer(config);
    await server.#listen();
    return server;
  }

  async #listen(): Promise<void> {
    const { url, port } = await this.#server.listen();
    this.url = url;
    this.#port = port;
  }

  /** Stops it, and starts it again on the same port. */
  async restart(): Promise<void> {
    await this.#server.close();
    this.#server = createServer({ ...this.#config, port: this.#port });
    await this.#listen();
  }

  async token(name: string): Promise<string> {
    const response = await fetch(`${this.url}/api/guest`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name }),
    });
    const { token } = (await response.json()) as { token: string };
    return token;
  }

  async connect(name: string, options: Partial<ClientOptions> = {}): Promise<Client> {
    const client = connect({
      url: this.url,
      token: await this.token(name),
      WebSocket,
      timing: { backoffBase: 20, backoffCap: 200, pollInterval: 30 },
      ...options,
    });
    this.#clients.push(client);
    return client;
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.#server.close();
  }
}

export const TRANSPORTS: readonly TransportName[] = ['websocket', 'sse', 'long-polling', 'polling'];

/** Waits for something to become true, at most a minute: a watchdog and not a measure. */
export async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`It did not become true: ${String(condition)}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export const connected = (client: Client): Promise<void> => until(() => client.state.status === 'connected');

/** Everything that a client is told, as it is told. */
export function record(client: Client) {
  const publications: ReceivedPublication[] = [];
  client.on('publication', (publication) => publications.push(publication));
  return {
    publications,
    /** The texts of the messages in a channel. */
    texts: (channel: string): string[] =>
      publications
        .filter((publication) => publication.channel === channel)
        .map(({ data }) => data as { type: string; text: string })
        .filter(({ type }) => type === 'message')
        .map(({ text }) => text),
  };
}
