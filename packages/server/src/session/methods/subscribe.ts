/** `subscribe` and `unsubscribe`: what a client follows by its own wish. */
import type { MethodParams } from '@fullduplex/wire';
import { type Answer, type MethodSession, NOTHING } from './answer.js';

export async function subscribe(session: MethodSession, params: MethodParams['subscribe']): Promise<Answer> {
  const channel = await session.services.chat.authorizeRead(session.user, params.channel);
  return session.subscriptions.subscribe({
    channel,
    name: params.channel,
    byServer: false,
    wanted: params.recover === true ? { after: params.offset ?? 0, epoch: params.epoch } : 'now',
  });
}

export function unsubscribe(session: MethodSession, params: MethodParams['unsubscribe']): Answer {
  session.subscriptions.unsubscribe(session.subscriptions.channelNamed(params.channel));
  return NOTHING;
}
