/** `history`: a channel's past by position, forwards or backwards. */
import { CommandError, type MethodParams } from '@fullduplex/wire';
import { publicationJson } from '../../delivery/format.js';
import type { ReadRequest } from '../../log/channel-log.js';
import type { Session } from '../session.js';
import type { Answer } from './table.js';

/** Without a limit, as the protocol has it, the answer is the position alone; -1 asks for as many as there may be. */
export async function history(session: Session, params: MethodParams['history']): Promise<Answer> {
  const { chat, hub, limits } = session.services;
  const channel = chat.authorizeRead(session.user, params.channel);
  const wanted = params.limit ?? 0;
  const limit = wanted < 0 ? limits.answerPublications : Math.min(wanted, limits.answerPublications);
  if (limit === 0 && params.since === undefined) {
    const [head] = await hub.log.heads([channel]);
    return { json: JSON.stringify({ publications: [], epoch: head!.epoch, offset: head!.offset }) };
  }
  const { since, reverse = false } = params;
  const request: ReadRequest = {
    channel,
    limit: Math.max(limit, 1),
    maxBytes: limits.answerBytes,
    newestFirst: reverse,
    ...(since?.offset === undefined ? {} : reverse ? { before: since.offset } : { after: since.offset }),
  };
  const { records, head, gap } = await hub.log.read(request);
  if (since?.epoch !== undefined && since.epoch !== '' && since.epoch !== head.epoch) {
    throw new CommandError('unrecoverable_position', 'This position is of another epoch.');
  }
  const given = limit === 0 ? [] : reverse ? records.toReversed() : records;
  const missing = gap === undefined ? '' : `,"gap":${JSON.stringify(gap)}`;
  const where = `"epoch":${JSON.stringify(head.epoch)},"offset":${head.offset}${missing}`;
  return { json: `{"publications":[${given.map(publicationJson).join(',')}],${where}}` };
}
