/** A whole server on a port of its own, and clients that speak to it over real sockets. */
import { WebSocket } from '@fullduplex/websocket';
import type {
  CommandName,
  CommandResults,
  HttpErrorBody,
  MethodName,
  MethodResults,
  Publication,
  Push,
  Reply,
  ReplyError,
} from '@fullduplex/wire';
import type { ServerConfig } from '../../src/config.js';
import { createServer, type Replacements, type Server } from '../../src/server.js';
import { until } from './wait.js';

/** Who speaks to the server at an address. */
export interface Caller {
  readonly url: string;
  /** A guest's token. */
  token(name: string): Promise<string>;
  command<Name extends CommandName>(
    token: string,
    method: Name,
    params?: object,
  ): Promise<CommandResults[Name]>;
  post<Body = HttpErrorBody>(path: string, body: unknown, headers?: Headed): Promise<Answer<Body>>;
  get<Body = HttpErrorBody>(path: string, headers?: Headed): Promise<Answer<Body>>;
  socket(path: string, headers?: Headed): Promise<TestSocket>;
  /** A session that is connected. */
  session(name: string, connect?: object): Promise<TestSession>;
  /** Ends its sockets. */
  close(): Promise<void>;
}

export interface Running extends Caller {
  readonly server: Server;
}

type Headed = Readonly<Record<string, string>>;

export interface Answer<Body> {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** As the test expects it; nothing has checked. */
  readonly body: Body;
}

export async function startServer(
  config: ServerConfig = {},
  replacements: Replacements = {},
): Promise<Running> {
  const server = createServer({ port: 0, ...config }, replacements);
  const caller = callerAt((await server.listen()).url);
  return {
    ...caller,
    server,
    async close() {
      await caller.close();
      await server.close();
    },
  };
}

export function callerAt(url: string): Caller {
  const open: TestSocket[] = [];
  const get = <Body>(path: string, headers: Headed = {}): Promise<Answer<Body>> =>
    answer(fetch(url + path, { headers }));
  const post = <Body>(path: string, body: unknown, headers: Headed = {}): Promise<Answer<Body>> =>
    answer(
      fetch(url + path, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    );
  const token = async (name: string): Promise<string> =>
    (await post<{ token: string }>('/api/guest', { name })).body.token;
  const socket = async (path: string, headers: Headed = {}): Promise<TestSocket> => {
    const made = new TestSocket(new WebSocket(url.replace('http', 'ws') + path, { headers }));
    open.push(made);
    await made.opened;
    return made;
  };
  return {
    url,
    token,
    get,
    post,
    socket,
    async command<Name extends CommandName>(bearer: string, method: Name, params: object = {}) {
      const { status, body } = await post<CommandResults[Name]>(`/api/commands/${method}`, params, {
        Authorization: `Bearer ${bearer}`,
      });
      if (status !== 200) throw new Error(`${method}: ${JSON.stringify(body)}`);
      return body;
    },
    async session(name, connect = {}) {
      const made = new TestSession(await socket('/connection/websocket'));
      await made.call('connect', { token: await token(name), ...connect });
      return made;
    },
    async close() {
      for (const each of open) each.socket.terminate();
    },
  };
}

async function answer<Body>(pending: Promise<Response>): Promise<Answer<Body>> {
  const response = await pending;
  const text = await response.text();
  const isJson = response.headers.get('Content-Type')?.startsWith('application/json') === true;
  const body = (isJson ? JSON.parse(text) : undefined) as Body;
  return { status: response.status, headers: response.headers, text, body };
}

export class TestSocket {
  readonly socket: WebSocket;
  readonly received: string[] = [];
  readonly opened: Promise<void>;
  closed: { code: number; reason: string } | undefined;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data) => this.received.push(data.toString()));
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
    });
    this.opened = new Promise((resolve, reject) => {
      socket.on('open', () => resolve());
      socket.on('error', reject);
    });
  }

  send(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  async next(count: number): Promise<string[]> {
    await until(() => this.received.length >= count, `${count} messages (${this.received.join(' | ')})`);
    return this.received;
  }

  async end(): Promise<{ code: number; reason: string }> {
    await until(() => this.closed !== undefined, 'the close');
    return this.closed!;
  }
}

/** A reply or a push. */
export type Message = Reply & { readonly push?: Push };

/** A client of the session's protocol that keeps what it is told and does nothing by itself, but for its pongs. */
export class TestSession {
  readonly socket: TestSocket;
  readonly messages: Message[] = [];
  pings = 0;
  pong = true;
  #id = 0;

  constructor(socket: TestSocket) {
    this.socket = socket;
    socket.socket.on('message', (data) => {
      for (const line of data.toString().split('\n')) this.#take(JSON.parse(line) as Message);
    });
  }

  #take(message: Message): void {
    if (Object.keys(message).length > 0) {
      this.messages.push(message);
      return;
    }
    this.pings += 1;
    if (this.pong) this.socket.send({});
  }

  get pushes(): Push[] {
    return this.messages.flatMap(({ push }) => (push === undefined ? [] : [push]));
  }

  /** What was pushed of the channel, in order. */
  publications(channel: string): Publication<{ type?: string; text?: string }>[] {
    return this.pushes
      .filter((push) => push.channel === channel && push.pub !== undefined)
      .map((push) => push.pub as Publication<{ type?: string; text?: string }>);
  }

  offsets(channel: string): number[] {
    return this.publications(channel).map(({ offset }) => offset);
  }

  texts(channel: string): (string | undefined)[] {
    return this.publications(channel)
      .filter(({ data }) => data.type === 'message')
      .map(({ data }) => data.text);
  }

  async reply(method: MethodName, params: object = {}): Promise<Message> {
    const id = ++this.#id;
    this.socket.send({ id, [method]: params });
    const found = (): Message | undefined => this.messages.find((message) => message.id === id);
    await until(() => found() !== undefined, `the reply to ${method}`);
    return found()!;
  }

  /** The result. */
  async call<Name extends MethodName>(method: Name, params: object = {}): Promise<MethodResults[Name]> {
    const reply = await this.reply(method, params);
    const result = (reply as { readonly [Method in MethodName]?: unknown })[method];
    if (result === undefined) throw new Error(`${method}: ${JSON.stringify(reply)}`);
    return result as MethodResults[Name];
  }

  /** The error. */
  async fail(method: MethodName, params: object = {}): Promise<ReplyError> {
    const { error } = await this.reply(method, params);
    if (error === undefined) throw new Error(`${method} did not fail`);
    return error;
  }

  async rpc<Name extends CommandName>(method: Name, data: object = {}): Promise<CommandResults[Name]> {
    return (await this.call('rpc', { method, data })).data as CommandResults[Name];
  }
}
