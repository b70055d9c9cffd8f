/** `rpc` is a chat command: the method and data that `POST /api/commands/METHOD` takes. */
import { CommandError, type MethodParams } from '@fullduplex/wire';
import type { Answer, MethodSession } from './answer.js';

export async function rpc(session: MethodSession, params: MethodParams['rpc']): Promise<Answer> {
  if (params.method === undefined) throw new CommandError('bad_request', 'rpc.method: which command?');
  const data = await session.services.chat.execute(params.method, session.user, params.data ?? {});
  return { json: `{"data":${JSON.stringify(data)}}` };
}
