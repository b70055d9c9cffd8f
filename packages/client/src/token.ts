/** The token in use, and where the next one comes from. It must not know what the token is for. */
import type { GetToken } from './types.js';

export class TokenSource {
  readonly #getToken: GetToken | undefined;
  #token: string | undefined;
  #asking: Promise<string | null> | undefined;
  /** Tokens refused since one was accepted. */
  #refusals = 0;

  constructor(token: string | undefined, getToken: GetToken | undefined) {
    this.#token = token;
    this.#getToken = getToken;
  }

  /** The token to use now; `null` when there is none to be had. Rejects with what the app's `getToken` rejected with. */
  get(): Promise<string | null> {
    if (this.#token !== undefined) return Promise.resolve(this.#token);
    // A second fresh token that is refused means that asking again is of no use.
    if (!this.#getToken || this.#refusals > 1) return Promise.resolve(null);
    this.#asking ??= this.#ask(this.#getToken).finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #ask(getToken: GetToken): Promise<string | null> {
    const token = await getToken({ refused: this.#refusals > 0 });
    if (token !== null) this.#token = token;
    return token;
  }

  /** The server took it. */
  accept(token: string): void {
    if (token === this.#token) this.#refusals = 0;
  }

  /** The server would not have it. Said twice of one token, it counts once. */
  refuse(token: string): void {
    if (token !== this.#token) return;
    this.#token = undefined;
    this.#refusals += 1;
  }

  /** The user asked to try again. */
  reset(): void {
    this.#refusals = 0;
  }
}
