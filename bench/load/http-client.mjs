/**
 * HTTP/1.1 over one bare socket that is kept: one request at a time, every byte counted. Knows bodies with a length and
 * bodies in chunks, which is all that the server sends.
 */
import { openSocket } from './socket.mjs';

const HEAD_END = '\r\n\r\n';

/** The body of a chunked answer, if all of it is there. */
const unchunk = (/** @type {string} */ text) => {
  let body = '';
  for (let at = 0; ; ) {
    const line = text.indexOf('\r\n', at);
    if (line < 0) return undefined;
    const size = Number.parseInt(text.slice(at, line), 16);
    if (text.length < line + 2 + size + 2) return undefined;
    if (size === 0) return body;
    body += text.slice(line + 2, line + 2 + size);
    at = line + 2 + size + 2;
  }
};

export class HttpClient {
  bytesOut = 0;
  bytesIn = 0;
  requests = 0;
  #port;
  #held = '';
  #isEnded = false;
  /** @type {import('./socket.mjs').BareSocket | undefined} */
  #socket;
  /** @type {((answer: { status: number, body: string }) => void) | undefined} */
  #resolve;
  /** Called with each piece of a body that never ends, such as a stream of events. */
  onPiece = (/** @type {string} */ _piece) => {};
  #streams = false;

  constructor(/** @type {number} */ port) {
    this.#port = port;
  }

  /** @returns {Promise<void>} */
  open() {
    return new Promise((resolve, reject) => {
      this.#socket = openSocket(this.#port, {
        onOpen: resolve,
        onData: (buffer, length) => this.#onBytes(buffer, length),
        onClose: (error) => {
          if (this.#isEnded) return;
          reject(error ?? new Error('closed'));
          console.error('the server closed an HTTP connection under load');
          process.exit(1);
        },
      });
    });
  }

  /**
   * @param {string} path
   * @param {Record<string, string>} headers
   * @param {boolean} [streams] the answer never ends: pieces of it go to `onPiece`
   * @returns {Promise<{ status: number, body: string }>}
   */
  get(path, headers, streams = false) {
    this.#streams = streams;
    return this.#request(`GET ${path}`, headers, '');
  }

  /**
   * @param {string} path
   * @param {Record<string, string>} headers
   * @param {object} data goes as JSON
   */
  post(path, headers, data) {
    this.#streams = false;
    const body = JSON.stringify(data);
    const about = { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) };
    return this.#request(`POST ${path}`, { ...headers, ...about }, body);
  }

  /**
   * @param {string} what
   * @param {Record<string, string>} headers
   * @param {string} body
   * @returns {Promise<{ status: number, body: string }>}
   */
  #request(what, headers, body) {
    const lines = Object.entries({ host: `127.0.0.1:${this.#port}`, ...headers }).map(
      ([name, value]) => `${name}: ${value}`,
    );
    const request = Buffer.from(`${what} HTTP/1.1\r\n${lines.join('\r\n')}${HEAD_END}${body}`);
    this.bytesOut += request.length;
    this.requests++;
    this.#socket?.write(request);
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  end() {
    this.#isEnded = true;
    this.#socket?.destroy();
  }

  /**
   * @param {Buffer} buffer
   * @param {number} length
   */
  #onBytes(buffer, length) {
    this.bytesIn += length;
    this.#held += buffer.toString('latin1', 0, length);
    const end = this.#held.indexOf(HEAD_END);
    if (end < 0) return;
    const head = this.#held.slice(0, end).toLowerCase();
    const rest = this.#held.slice(end + HEAD_END.length);
    const status = Number(head.slice(9, 12));
    if (this.#streams) {
      // The sizes of the chunks stay in; they cannot be taken for what is looked for.
      this.onPiece(rest);
      this.#held = this.#held.slice(0, end + HEAD_END.length);
      return;
    }
    const size = /content-length: (\d+)/.exec(head)?.[1];
    const body = size === undefined ? unchunk(rest) : rest.length >= Number(size) ? rest : undefined;
    if (body === undefined) return;
    this.#held = '';
    this.#resolve?.({ status, body });
  }
}
