/** Where a request comes from, for limits by address. */
import { isLoopback } from '../config.js';

interface Request {
  readonly headers: Readonly<NodeJS.Dict<string | string[]>>;
  readonly socket: { readonly remoteAddress?: string | undefined };
}

/**
 * The caller's address; undefined for loopback, where all callers look alike.
 *
 * @param trustProxy whether the last entry of X-Forwarded-For is a proxy's of ours
 */
export function addressOf(request: Request, trustProxy: boolean): string | undefined {
  const forwarded = trustProxy ? request.headers['x-forwarded-for'] : undefined;
  const last = (Array.isArray(forwarded) ? forwarded.at(-1) : forwarded)?.split(',').at(-1)?.trim();
  const address = last || request.socket.remoteAddress;
  return address === undefined || isLoopback(address) ? undefined : address;
}
