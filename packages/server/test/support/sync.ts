/** Requests to `/api/sync`, and what comes back. */
import type { HttpErrorBody, SyncAnswer } from '@fullduplex/wire';
import type { Answer, Caller } from './server.js';

export const LOBBY = 'room:lobby';

export function sync(
  server: Caller,
  token: string,
  params: Record<string, string> = {},
): Promise<Answer<SyncAnswer & HttpErrorBody>> {
  const query = new URLSearchParams(params).toString();
  return server.get(`/api/sync?${query}`, { Authorization: `Bearer ${token}` });
}

let keys = 0;

/** Sends a message, each under a key of its own. */
export async function say(server: Caller, token: string, text: string, channel = LOBBY): Promise<void> {
  keys += 1;
  await server.command(token, 'message.send', { channel, key: `k${keys}`, text });
}

export function texts(answer: SyncAnswer): string[] {
  return answer.publications.map(({ data }) => (data as { text: string }).text);
}
