/**
 * Who is signed in here. Kept for the whole browser, so that one comes back as oneself; a window that was opened to be
 * someone else keeps its own, until it is closed.
 */
import { Store } from './store.js';

export interface Session {
  readonly user: string;
  readonly token: string;
}

const KEY = 'fullduplex.session';
const SEPARATE = 'fullduplex.separate';

type Kept = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

export class SessionStore extends Store<Session | undefined> {
  readonly #shared: Kept;
  readonly #own: Kept;

  /**
   * @param shared The browser's storage.
   * @param own This window's storage.
   * @param separate This window is to be someone else from now on.
   */
  constructor(shared: Kept, own: Kept, separate: boolean) {
    if (separate && own.getItem(SEPARATE) === null) {
      own.removeItem(KEY);
      own.setItem(SEPARATE, 'yes');
    }
    super(read((own.getItem(SEPARATE) === null ? shared : own).getItem(KEY)));
    this.#shared = shared;
    this.#own = own;
  }

  get separate(): boolean {
    return this.#own.getItem(SEPARATE) !== null;
  }

  signIn(session: Session): void {
    this.#kept.setItem(KEY, JSON.stringify(session));
    this.set(session);
  }

  signOut(): void {
    this.#kept.removeItem(KEY);
    this.set(undefined);
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
