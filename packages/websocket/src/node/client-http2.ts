/** The request of a client over an HTTP/2 session: an extended CONNECT (RFC 8441), answered by a stream. */
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2';
import { constants } from 'node:http2';
import { WebSocketError } from '../protocol/errors.js';
import { formatExtendedConnect } from '../protocol/extended-connect.js';
import { formatOffer } from '../protocol/permessage-deflate.js';
import type { ClientOptions, ConnectionAttempt } from './client.js';
import { WebSocket } from './websocket.js';

const NO_BYTES = Buffer.alloc(0);

/** Asks for a stream, once the server has said that it may be asked. */
export function askOverHttp2(attempt: ConnectionAttempt, session: ClientHttp2Session): void {
  let over = false;
  let stream: ClientHttp2Stream | undefined;
  const finish = (): boolean => {
    if (over) return false;
    over = true;
    session.removeListener('close', gone);
    return true;
  };
  const fail = (error: Error): void => {
    if (finish()) attempt.fail(error);
  };
  const gone = (): void => fail(closedError());
  attempt.cancel = () => {
    if (!finish()) return false;
    stream?.on('error', () => {});
    stream?.close(constants.NGHTTP2_CANCEL);
    return true;
  };
  if (session.closed || session.destroyed) {
    process.nextTick(gone);
    return;
  }
  session.once('close', gone);
  whenSettingsCame(session, (error) => {
    if (over) return;
    if (error !== undefined) {
      fail(error);
      return;
    }
    if (session.remoteSettings.enableConnectProtocol !== true) {
      fail(new WebSocketError('WS_ERR_HANDSHAKE_REFUSED', 'The server takes no WebSockets over HTTP/2'));
      return;
    }
    try {
      stream = session.request(headersOf(attempt), { endStream: false });
    } catch (refused) {
      fail(refused as Error);
      return;
    }
    const asked = stream;
    asked.once('error', fail);
    // A stream that is reset without an error code of its own has no error.
    asked.once('close', () =>
      fail(new WebSocketError('WS_ERR_HANDSHAKE_REFUSED', 'The stream was reset before an answer came')),
    );
    asked.once('response', (headers) => {
      const status = Number(headers[':status']);
      if (status !== 200) {
        attempt.refused(status);
      } else if (finish()) {
        asked.removeAllListeners('error').removeAllListeners('close');
        attempt.answered(headers, undefined, asked, NO_BYTES);
      }
    });
  });
}

/**
 * Calls it once the server's settings are known. They are the first that a server sends, so that they have come when it
 * has answered a ping.
 */
function whenSettingsCame(session: ClientHttp2Session, known: (error?: Error) => void): void {
  if (!session.connecting && session.remoteSettings.enableConnectProtocol === true) {
    known();
    return;
  }
  if (session.connecting) session.once('connect', () => whenSettingsCame(session, known));
  else if (!session.destroyed) session.ping((error) => known(error ?? undefined));
}

function headersOf({ deflate, first, headers, options, protocols }: ConnectionAttempt): IncomingHttpHeaders {
  const own = { ...headers };
  const { host } = own;
  for (const name of ['host', 'connection', 'upgrade', 'sec-websocket-key']) delete own[name];
  return {
    ...(own as Record<string, string>),
    ...formatExtendedConnect({
      scheme: first.secure ? 'https' : 'http',
      authority: host === undefined ? first.url.host : String(host),
      path: first.path,
      protocols: [...protocols],
      extensions: deflate && formatOffer(deflate),
      origin: options.origin,
    }),
  };
}

/**
 * Opens a WebSocket on a stream of an HTTP/2 session, which is what `new WebSocket(address, { session })` does by itself.
 *
 * @param path - what to ask for, with its query
 * @param options - as for `WebSocket`; and `authority`, the host and port to name, where the session's are not right
 * @throws WebSocketError - `WS_ERR_HANDSHAKE_REFUSED`: the server does not take extended CONNECTs, or not this one;
 *   `WS_ERR_HANDSHAKE_INVALID`: its answer does not fit; `WS_ERR_HANDSHAKE_TIMEOUT`, `WS_ERR_HANDSHAKE_ABORTED`
 */
export async function connectOverHttp2(
  session: ClientHttp2Session,
  path: string,
  { authority, ...options }: Omit<ClientOptions, 'session'> & { readonly authority?: string } = {},
): Promise<WebSocket> {
  if (session.closed || session.destroyed) throw closedError();
  if (session.connecting) await connected(session);
  const scheme = session.encrypted ? 'wss' : 'ws';
  const socket = new WebSocket(`${scheme}://${authority ?? authorityOf(session)}${path}`, {
    ...options,
    session,
  });
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('open', () => {
      socket.removeListener('error', reject);
      resolve(socket);
    });
  });
}

function closedError(): WebSocketError {
  return new WebSocketError('WS_ERR_HANDSHAKE_REFUSED', 'The session was closed');
}

function connected(session: ClientHttp2Session): Promise<void> {
  return new Promise((resolve, reject) => {
    session.once('connect', () => resolve());
    session.once('error', reject);
    session.once('close', () => reject(closedError()));
  });
}

/** The host and port as the session knows them: by the name it was opened with over TLS, by the address otherwise. */
function authorityOf(session: ClientHttp2Session): string {
  const [origin] = session.originSet ?? [];
  if (origin !== undefined) return new URL(origin).host;
  const { remoteAddress = 'localhost', remotePort = 80 } = session.socket;
  return `${remoteAddress.includes(':') ? `[${remoteAddress}]` : remoteAddress}:${remotePort}`;
}
