/** Asks the server for a guest's token. Knows the one address it asks, and what its refusals mean to a person. */
import { parseName } from '@fullduplex/wire';
import type { Session } from '../state/session.js';

export type GuestRefusal =
  | 'empty'
  | 'invalid_name'
  /** Someone of that name is here now. */
  | 'name_taken'
  /** The server takes no guests. */
  | 'no_guests'
  | 'too_many_requests'
  | 'offline'
  | 'internal';

export type GuestAnswer =
  | { readonly ok: true; readonly session: Session }
  | { readonly ok: false; readonly why: GuestRefusal };

/** @param exclusive Refuse the name while someone is here under it. */
export async function askAsGuest(
  written: string,
  exclusive: boolean,
  request: typeof fetch,
): Promise<GuestAnswer> {
  const trimmed = written.trim();
  if (trimmed === '') return refused('empty');
  let name: string;
  try {
    name = parseName(trimmed);
  } catch {
    return refused('invalid_name');
  }
  let response: Response;
  try {
    response = await request('/api/guest', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(exclusive ? { name, exclusive: true } : { name }),
    });
  } catch {
    return refused('offline');
  }
  try {
    const body = (await response.json()) as Partial<Session> & { error?: { code?: string } };
    if (response.ok && typeof body.user === 'string' && typeof body.token === 'string') {
      return { ok: true, session: { user: body.user, token: body.token } };
    }
    return refused(whyOf(response.status, body.error?.code));
  } catch {
    return refused(whyOf(response.status, undefined));
  }
}

/** Another name close to the one that is taken: `ada` gives `ada-2`, `ada-2` gives `ada-3`. */
export function suggestName(taken: string): string {
  const numbered = /^(.*)-(\d{1,3})$/u.exec(taken);
  const base = numbered?.[1] ?? taken;
  const next = numbered ? Number(numbered[2]) + 1 : 2;
  return `${Array.from(base).slice(0, 58).join('')}-${next}`;
}

function whyOf(status: number, code: string | undefined): GuestRefusal {
  if (code === 'invalid_name' || code === 'name_taken' || code === 'too_many_requests') return code;
  if (status === 429) return 'too_many_requests';
  if (status === 401 || status === 403 || status === 404) return 'no_guests';
  if (status === 502 || status === 503 || status === 504) return 'offline';
  return 'internal';
}

function refused(why: GuestRefusal): GuestAnswer {
  return { ok: false, why };
}
