/** Where an address leads, and the plain or encrypted stream that leads there. It knows nothing of handshakes. */
import net from 'node:net';
import tls from 'node:tls';

export interface Target {
  /** Its scheme is `ws:`, `wss:` or `ws+unix:`. */
  readonly url: URL;
  readonly secure: boolean;
  /** The path of a local socket, for `ws+unix:PATH:/request`. */
  readonly socketPath: string | undefined;
  /** The path to ask for, with its query. */
  readonly path: string;
}

/** @throws SyntaxError - it is no URL, or none that a WebSocket connects to */
export function parseTarget(address: string | URL): Target {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    throw new SyntaxError(`Invalid URL: ${String(address)}`);
  }
  if (url.protocol === 'http:') url.protocol = 'ws:';
  else if (url.protocol === 'https:') url.protocol = 'wss:';

  const local = url.protocol === 'ws+unix:';
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:' && !local) {
    throw new SyntaxError(
      'The URL\'s protocol must be one of "ws:", "wss:", "http:", "https:", or "ws+unix:"',
    );
  }
  if (local && url.pathname === '') throw new SyntaxError("The URL's pathname is empty");
  if (url.hash !== '') throw new SyntaxError('The URL contains a fragment identifier');

  const path = url.pathname + url.search;
  const colon = local ? path.indexOf(':') : -1;
  return {
    url,
    secure: url.protocol === 'wss:',
    socketPath: local ? (colon < 0 ? path : path.slice(0, colon)) : undefined,
    path: local ? (colon < 0 ? '' : path.slice(colon + 1)) : path,
  };
}

/** `user:password` of the address; `undefined` where it has none. */
export function credentialsOf({ url }: Target): string | undefined {
  if (url.username === '' && url.password === '') return undefined;
  return `${unescapePart(url.username)}:${unescapePart(url.password)}`;
}

function unescapePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Whether both lead to the same host and port, or the same local socket. */
export function isSameHost(one: Target, other: Target): boolean {
  if (one.socketPath !== undefined || other.socketPath !== undefined)
    return one.socketPath === other.socketPath;
  return one.url.host === other.url.host;
}

/** The host as `node:net` takes it. */
export function hostOf({ url }: Target): string {
  return url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
}

export function connectPlain(options: object & { socketPath?: string }): net.Socket {
  return net.connect({ ...options, path: options.socketPath } as net.NetConnectOpts);
}

export function connectTls(options: tls.ConnectionOptions): tls.TLSSocket {
  const { host = '', servername } = options;
  const name = servername || servername === '' ? servername : net.isIP(host) ? '' : host;
  return tls.connect({ ...options, path: undefined, servername: name } as tls.ConnectionOptions);
}
