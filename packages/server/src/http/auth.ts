/**
 * Tokens: JSON Web Tokens signed with HS256. It issues those of guests, by a secret of the server's own, and takes those
 * of an application that shares a secret with it.
 */
import { CommandError } from '@fullduplex/wire';
import { errors, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import type { Identity } from '../session/services.js';

export interface TokensOptions {
  /** Signs guests' tokens; absent: there are none. */
  readonly guestSecret?: Uint8Array | undefined;
  /** The secret of the application that issues tokens. */
  readonly appSecret?: string | undefined;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** Tokens that were verified lately, so that a poller's is not verified at each request. */
const REMEMBERED = 10_000;
const MAX_TOKEN_LENGTH = 4096;

export class Tokens {
  readonly #guestSecret: Uint8Array | undefined;
  readonly #appSecret: Uint8Array | undefined;
  readonly #now: () => number;
  readonly #known = new Map<string, Identity>();

  constructor(options: TokensOptions) {
    this.#guestSecret = options.guestSecret;
    this.#appSecret =
      options.appSecret === undefined ? undefined : new TextEncoder().encode(options.appSecret);
    this.#now = options.now ?? Date.now;
  }

  /** A token for a guest; it does not expire. */
  async issue(user: string): Promise<string> {
    if (this.#guestSecret === undefined) {
      throw new CommandError('permission_denied', 'This server has no guests.');
    }
    return new SignJWT()
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(user)
      .setIssuedAt(Math.floor(this.#now() / 1000))
      .sign(this.#guestSecret);
  }

  /** @throws {CommandError} `unauthorized`, `token_expired` */
  async verify(token: string | undefined): Promise<Identity> {
    if (token === undefined || token === '') throw new CommandError('unauthorized', 'A token is needed.');
    if (token.length > MAX_TOKEN_LENGTH) throw invalid();
    const known = this.#known.get(token);
    if (known !== undefined) {
      if (known.expiresAt !== undefined && known.expiresAt <= this.#now()) throw expired();
      return known;
    }
    const identity = toIdentity(await this.#payload(token));
    if (this.#known.size >= REMEMBERED) {
      const [oldest] = this.#known.keys();
      if (oldest !== undefined) this.#known.delete(oldest);
    }
    this.#known.set(token, identity);
    return identity;
  }

  async #payload(token: string): Promise<JWTPayload> {
    let failure: CommandError | undefined;
    for (const secret of [this.#guestSecret, this.#appSecret]) {
      if (secret === undefined) continue;
      try {
        const options = { algorithms: ['HS256'], currentDate: new Date(this.#now()) };
        return (await jwtVerify(token, secret, options)).payload;
      } catch (cause) {
        if (cause instanceof errors.JWTExpired) throw expired();
        failure = invalid(cause);
      }
    }
    throw failure ?? invalid();
  }
}

/** The token of an `Authorization` header. */
export function bearerToken(header: string | undefined): string | undefined {
  return /^Bearer +([^ ]+) *$/i.exec(header ?? '')?.[1];
}

function toIdentity(payload: JWTPayload): Identity {
  const { sub, exp } = payload;
  if (typeof sub !== 'string') throw new CommandError('unauthorized', 'The token names no user (sub).');
  return exp === undefined ? { user: sub } : { user: sub, expiresAt: exp * 1000 };
}

function invalid(cause?: unknown): CommandError {
  return new CommandError('unauthorized', 'This token is not valid here.', { cause });
}

function expired(): CommandError {
  return new CommandError('token_expired', 'This token has expired.');
}
