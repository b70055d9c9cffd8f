/**
 * Who may come in: the path, the origin, and what `verifyClient` says, with a limit on how many it may keep waiting and
 * for how long. It neither reads handshakes nor answers them.
 */
import http from 'node:http';
import { headerOf, type Refusal } from '../protocol/handshake.js';
import { type HandshakeRequest, isSameOrigin } from '../protocol/server-handshake.js';
import {
  type ClientInfo,
  SERVER_DEFAULTS,
  type ServerOptions,
  type VerifyClientCallbackSync,
} from './options.js';
import { surface } from './user-code.js';

const UNAVAILABLE: Refusal = { status: 503, message: 'Service Unavailable' };
const FAILED: Refusal = { status: 500, message: 'Internal Server Error' };

export class Admission {
  private readonly options: ServerOptions;
  private pending = 0;

  constructor(options: ServerOptions) {
    this.options = options;
  }

  /**
   * Decides, at once or later, and calls `decided` with nothing to let the client in. Where the application's code throws,
   * the client is refused and the exception surfaces by itself.
   */
  decide(
    handshake: HandshakeRequest,
    request: http.IncomingMessage,
    decided: (refusal: Refusal | undefined) => void,
  ): void {
    const version8 = handshake.version === 8;
    const origin = headerOf(request.headers, version8 ? 'sec-websocket-origin' : 'origin');
    const { verifyClient } = this.options;
    const { authorized, encrypted } = (request.socket ?? {}) as { authorized?: boolean; encrypted?: boolean };
    const info: ClientInfo = {
      origin,
      secure: Boolean(authorized || encrypted),
      req: request,
    };
    if (!verifyClient || verifyClient.length < 2) {
      decided(this.decideNow(info, verifyClient as VerifyClientCallbackSync | undefined));
      return;
    }
    const refusal = this.decideNow(info, undefined);
    if (refusal !== undefined) {
      decided(refusal);
      return;
    }
    if (this.pending >= (this.options.maxPendingHandshakes ?? SERVER_DEFAULTS.maxPendingHandshakes)) {
      decided(UNAVAILABLE);
      return;
    }
    const settle = this.once(decided);
    try {
      verifyClient(info, (verified, status = 401, message, headers) => {
        if (verified) settle(undefined);
        else settle({ status, message: message ?? http.STATUS_CODES[status] ?? '', headers: plain(headers) });
      });
    } catch (error) {
      surface(error);
      settle(FAILED);
    }
  }

  private decideNow(info: ClientInfo, verify: VerifyClientCallbackSync | undefined): Refusal | undefined {
    try {
      if (info.origin !== undefined && !this.allowsOrigin(info.origin, info.req)) {
        return { status: 403, message: 'Origin not allowed' };
      }
      return !verify || verify(info) ? undefined : { status: 401, message: 'Unauthorized' };
    } catch (error) {
      surface(error);
      return FAILED;
    }
  }

  /** Counts a decision as pending until it is made, or its time is over. */
  private once(decided: (refusal: Refusal | undefined) => void): (refusal: Refusal | undefined) => void {
    const timeout = this.options.handshakeTimeout ?? SERVER_DEFAULTS.handshakeTimeout;
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
