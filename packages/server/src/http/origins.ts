/**
 * Which pages may talk to the server, and under which names it answers. Browsers put no same-origin wall around
 * WebSocket, so this is it; plain HTTP follows the same list by CORS.
 */
import { CommandError } from '@fullduplex/wire';
import { isLoopback } from '../config.js';

export interface OriginOptions {
  /** Bound to an address that only this machine can reach. */
  readonly loopback: boolean;
  /** Origins allowed besides the server's own. */
  readonly origins: readonly string[];
  /** Names the server answers to while bound to loopback, besides loopback's own. */
  readonly hosts: readonly string[];
}

export class Origins {
  readonly #loopback: boolean;
  readonly #allowed: ReadonlySet<string>;
  readonly #hosts: ReadonlySet<string>;

  constructor(options: OriginOptions) {
    this.#loopback = options.loopback;
    this.#allowed = new Set(options.origins);
    this.#hosts = new Set(options.hosts.map((host) => host.toLowerCase()));
  }

  /**
   * Whether a request with this `Origin` may come in. One without comes from no page and is not checked.
   *
   * @param host the request's `Host`
   */
  allows(origin: string | undefined, host: string | undefined): boolean {
    if (origin === undefined || this.#allowed.has(origin)) return true;
    // A page opened from a file; any other sandboxed page as well, but nothing on loopback is a secret from this machine.
    if (origin === 'null') return this.#loopback;
    if (!URL.canParse(origin)) return false;
    const url = new URL(origin);
    if (url.protocol !== 'http:' && url.protocol !== 'https:') return false;
    if (this.#loopback && isLoopback(url.hostname)) return true;
    // By host alone: behind a proxy that ends TLS the scheme is not known here.
    return host !== undefined && url.host === normalHost(host, url.protocol);
  }

  /**
   * Against DNS rebinding: a page of a name that was made to mean 127.0.0.1 would be of the server's own origin.
   */
  answersTo(host: string | undefined): boolean {
    if (!this.#loopback || host === undefined) return true;
    const name = hostName(host);
    return name !== undefined && (isLoopback(name) || this.#hosts.has(name));
  }

  /** @throws {CommandError} `permission_denied` */
  check(origin: string | undefined, host: string | undefined): void {
    if (!this.answersTo(host)) {
      throw new CommandError(
        'permission_denied',
        'This server is bound to loopback and answers to localhost; other names go into its option "hosts".',
      );
    }
    if (!this.allows(origin, host)) {
      throw new CommandError(
        'permission_denied',
        'Pages of this origin may not talk to this server; its option "origins" has those that may.',
      );
    }
  }
}

/** What CORS wants to see in the answer to an allowed origin. */
export function corsHeaders(origin: string): Record<string, string> {
  return { 'Access-Control-Allow-Origin': origin, Vary: 'Origin' };
}

/** The same in the answer to a preflight. */
export function preflightHeaders(origin: string): Record<string, string> {
  return {
    ...corsHeaders(origin),
    'Access-Control-Allow-Methods': 'GET, POST, OPTIONS',
    'Access-Control-Allow-Headers': 'Authorization, Content-Type, Last-Event-ID',
    'Access-Control-Max-Age': '600',
  };
}

function normalHost(host: string, protocol: string): string | undefined {
  const text = `${protocol}//${host}`;
  return URL.canParse(text) ? new URL(text).host : undefined;
}

function hostName(host: string): string | undefined {
  const text = `http://${host}`;
  return URL.canParse(text) ? new URL(text).hostname : undefined;
}
