/** `history`: a channel's past by position, forwards or backwards. */
import { CommandError, type MethodParams } from '@fullduplex/wire';
import { publicationJson } from '../../delivery/format.js';
import type { ReadRequest } from '../../log/log.js';
import type { Answer, MethodSession } from './answer.js';

/** Without a limit, as the protocol has it, the answer is the position alone; -1 asks for as many as there may be. */
export async function history(session: MethodSession, params: MethodParams['history']): Promise<Answer> {
  const { chat, hub, limits } = session.services;
  const channel = await chat.authorizeRead(session.user, params.channel);
  const wanted = params.limit ?? 0;
  const limit = wanted < 0 ? limits.answerPublications : Math.min(wanted, limits.answerPublications);
  if (limit === 0 && params.since === undefined) {
    const [head] = await hub.log.heads([channel]);
    return { json: JSON.stringify({ publications: [], epoch: hub.epoch, offset: head!.offset }) };
  }
  const { since, reverse = false } = params;
  const request: ReadRequest = {
    channel,
    limit: Math.max(limit, 1),
    maxBytes: limits.answerBytes,
    newestFirst: reverse,
    ...(since?.offset === undefined ? {} : reverse ? { before: since.offset } : { after: since.offset }),
    ...(since?.epoch === undefined || since.epoch === '' || reverse ? {} : { epoch: since.epoch }),
  };
  const { records, head, gap } = await hub.log.read(request);
  if (gap?.reason === 'epoch' || (reverse && (await isOther(session, channel, since)))) {
    throw new CommandError('unrecoverable_position', 'This position is of a log that was lost.');
  }
  const given = limit === 0 ? [] : reverse ? records.toReversed() : records;
  const missing = gap === undefined ? '' : `,"gap":${JSON.stringify(gap)}`;
  const where = `"epoch":${JSON.stringify(head.epoch)},"offset":${head.offset}${missing}`;
  return { json: `{"publications":[${given.map(publicationJson).join(',')}],${where}}` };
}

/** Whether the position that is read back from is of a log that was lost. */
async function isOther(
  session: MethodSession,
  channel: string,
  since: MethodParams['history']['since'],
): Promise<boolean> {
  if (since?.epoch === undefined || since.epoch === '') return false;
  const position = { channel, after: since.offset ?? 0, epoch: since.epoch, limit: 1, maxBytes: 1 };
  return (await session.services.hub.log.read(position)).gap?.reason === 'epoch';
}
