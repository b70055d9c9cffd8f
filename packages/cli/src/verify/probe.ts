/** Whether what was deleted can still be had from the servers: by history, and by reading everything from the start. */
import type { SyncAnswer } from '@fullduplex/wire';
import { ask, request } from './ask.js';
import type { Violation } from './check/violation.js';
import type { Stage } from './stage.js';
import type { Target } from './target.js';

/** How many deletions of each participant are asked after by history. */
const ASKED = 10;

export async function probeDeleted(target: Target, { actors }: Stage): Promise<Violation[]> {
  const found: Violation[] = [];
  const deleted = actors.flatMap(({ participant, token }) =>
    participant.journal.deleted.slice(-ASKED).map((one) => ({ ...one, token })),
  );
  for (const { process } of target.nodes) {
    const { url } = process;
    for (const { channel, offset, text, token } of deleted) {
      const params = { channel, after: offset - 1, limit: 1 };
      // Who has left meanwhile may not ask.
      const page = await ask(url, '/api/commands/channel.history', params, token).catch(() => undefined);
      if (says(page, text))
        found.push({ kind: 'undeleted', what: `history of ${channel} still says ${text}` });
    }
    for (const { participant, token } of actors.filter((_, index) => index % 8 === 0)) {
      const texts = new Set(deleted.map(({ text }) => text));
      for await (const answer of everything(url, token, participant.journal.place ?? 0)) {
        for (const text of texts) {
          if (says(answer, text)) found.push({ kind: 'undeleted', what: `sync still says ${text}` });
        }
      }
    }
  }
  return found.slice(0, 5);
}

function says(answer: unknown, text: string): boolean {
  return answer !== undefined && JSON.stringify(answer).includes(JSON.stringify(text).slice(1, -1));
}

async function* everything(url: string, token: string, place: number): AsyncGenerator<SyncAnswer> {
  const headers = { authorization: `Bearer ${token}` };
  const get = async (query: string): Promise<SyncAnswer> =>
    (await request(url, `/api/sync${query}`, { headers })) as SyncAnswer;
  const epoch = (await get('?session=probe')).cursor.replace(/^[^.]*\./, '');
  let cursor = `2${place.toString(36)}.${epoch}`;
  for (;;) {
    const answer = await get(`?session=probe&cursor=${cursor}`);
    yield answer;
    if (answer.more !== true) return;
    cursor = answer.cursor;
  }
}
