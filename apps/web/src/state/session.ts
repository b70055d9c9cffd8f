/**
 * Who is signed in here. Kept for the whole browser, so that one comes back as oneself; but a window beside another one
 * asks first, because people open two windows to talk to themselves, and may keep a session of its own.
 */
import { Store } from './store.js';

export interface Session {
  readonly user: string;
  readonly token: string;
}

const SESSION = 'fullduplex.session';
/** What this window has decided: to be who the browser is, or someone of its own. */
const WINDOW = 'fullduplex.window';

type Kept = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

export interface SessionOptions {
  /** The browser's storage. */
  readonly shared: Kept;
  /** This window's storage. */
  readonly own: Kept;
  /** Another window is signed in, and this one is new. */
  readonly beside?: boolean;
  /** This window was opened to be someone else. */
  readonly separate?: boolean;
}

export class SessionStore extends Store<Session | undefined> {
  readonly #shared: Kept;
  readonly #own: Kept;
  readonly #beside: boolean;

  constructor({ shared, own, beside = false, separate = false }: SessionOptions) {
    if (separate && own.getItem(WINDOW) === null) own.setItem(WINDOW, 'separate');
    const asks = beside && own.getItem(WINDOW) === null;
    super(asks ? undefined : read((own.getItem(WINDOW) === 'separate' ? own : shared).getItem(SESSION)));
    this.#shared = shared;
    this.#own = own;
    this.#beside = beside;
    if (this.get() !== undefined) this.#decide('shared');
  }

  /** Who the browser is, while this window has not decided to be the same. */
  get known(): Session | undefined {
    return this.#own.getItem(WINDOW) === null ? read(this.#shared.getItem(SESSION)) : undefined;
  }

  /** Whether this window is someone of its own. */
  get separate(): boolean {
    return this.#own.getItem(WINDOW) === 'separate';
  }

  /** To be the same as the browser's other windows. */
  goOn(): void {
    const { known } = this;
    if (!known) return;
    this.#decide('shared');
    this.set(known);
  }

  signIn(session: Session): void {
    this.#decide(this.#beside ? 'separate' : 'shared');
    this.#kept.setItem(SESSION, JSON.stringify(session));
    this.set(session);
  }

  signOut(): void {
    this.#kept.removeItem(SESSION);
    this.set(undefined);
  }

  #decide(what: 'shared' | 'separate'): void {
    if (this.#own.getItem(WINDOW) === null) this.#own.setItem(WINDOW, what);
  }

  get #kept(): Kept {
    return this.separate ? this.#own : this.#shared;
  }
}

function read(json: string | null): Session | undefined {
  if (json === null) return undefined;
  try {
    const { user, token } = JSON.parse(json) as Partial<Session>;
    return typeof user === 'string' && typeof token === 'string' ? { user, token } : undefined;
  } catch {
    return undefined;
  }
}
