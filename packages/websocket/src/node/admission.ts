/**
 * Who may come in: the path, the origin, and what `verifyClient` says, with a limit on how many it may keep waiting and
 * for how long. It neither reads handshakes nor answers them.
 */
import http from 'node:http';
import { isGarbled } from '../protocol/permessage-deflate.js';
import { type HandshakeRequest, headerOf, isSameOrigin, type Refusal } from '../protocol/server-handshake.js';
import type { ClientInfo, ServerOptions } from './server-options.js';

const DEFAULT_TIMEOUT = 10_000;
const DEFAULT_PENDING = 10_000;
const UNAVAILABLE: Refusal = { status: 503, message: 'Service Unavailable' };

export class Admission {
  private readonly options: ServerOptions;
  private pending = 0;

  constructor(options: ServerOptions) {
    this.options = options;
  }

  /** What of the handshake itself is not acceptable here; `undefined` when all of it is. */
  check(handshake: HandshakeRequest): Refusal | undefined {
    if (!this.options.perMessageDeflate || !handshake.extensions?.some(isGarbled)) return undefined;
    return { status: 400, message: 'Invalid or unacceptable Sec-WebSocket-Extensions header' };
  }

  /** Decides, at once or later, and calls `decided` with nothing to let the client in. */
  decide(
    handshake: HandshakeRequest,
    request: http.IncomingMessage,
    decided: (refusal: Refusal | undefined) => void,
  ): void {
    const origin = headerOf(request, handshake.version === 8 ? 'sec-websocket-origin' : 'origin');
    if (origin !== undefined && !this.allowsOrigin(origin, request)) {
      decided({ status: 403, message: 'Origin not allowed' });
      return;
    }
    const { verifyClient } = this.options;
    if (!verifyClient) {
      decided(undefined);
      return;
    }
    const { authorized, encrypted } = request.socket as { authorized?: boolean; encrypted?: boolean };
    const info: ClientInfo = { origin, secure: Boolean(authorized || encrypted), req: request };
    if (verifyClient.length < 2) {
      const verify = verifyClient as (info: ClientInfo) => boolean;
      decided(verify(info) ? undefined : { status: 401, message: 'Unauthorized' });
      return;
    }
    if (this.pending >= (this.options.maxPendingHandshakes ?? DEFAULT_PENDING)) {
      decided(UNAVAILABLE);
      return;
    }
    const settle = this.once(decided);
    verifyClient(info, (verified, status = 401, message, headers) => {
      if (verified) settle(undefined);
      else settle({ status, message: message ?? http.STATUS_CODES[status] ?? '', headers: plain(headers) });
    });
  }

  /** Counts a decision as pending until it is made, or its time is over. */
  private once(decided: (refusal: Refusal | undefined) => void): (refusal: Refusal | undefined) => void {
    const timeout = this.options.handshakeTimeout ?? DEFAULT_TIMEOUT;
    let timer: NodeJS.Timeout | undefined;
    let open = true;
    const settle = (refusal: Refusal | undefined): void => {
      if (!open) return;
      open = false;
      this.pending--;
      clearTimeout(timer);
      decided(refusal);
    };
    this.pending++;
    if (timeout > 0) timer = setTimeout(settle, timeout, UNAVAILABLE);
    return settle;
  }

  private allowsOrigin(origin: string, request: http.IncomingMessage): boolean {
    const { noServer, origins, verifyClient } = this.options;
    if (origins === undefined) {
      const host = request.headers.host ?? (request.headers[':authority'] as string | undefined);
      return noServer === true || Boolean(verifyClient) || isSameOrigin(origin, host);
    }
    if (origins === '*') return true;
    return typeof origins === 'function' ? origins(origin, request) : origins.includes(origin);
  }
}

function plain(headers: http.OutgoingHttpHeaders = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
