/** `publish` appends any JSON object as it came, where the user may write. */
import type { MethodParams } from '@fullduplex/wire';
import type { Answer, MethodSession } from './answer.js';

export async function publish(session: MethodSession, params: MethodParams['publish']): Promise<Answer> {
  const { position } = await session.services.chat.publish(session.user, params.channel, params.data);
  return { json: JSON.stringify({ epoch: position.epoch, offset: position.offset }) };
}
