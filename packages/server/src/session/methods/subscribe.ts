/** `subscribe` and `unsubscribe`: what a client follows by its own wish. */
import type { MethodParams } from '@fullduplex/wire';
import type { Session } from '../session.js';
import { type Answer, NOTHING } from './table.js';

export async function subscribe(session: Session, params: MethodParams['subscribe']): Promise<Answer> {
  const channel = await session.services.chat.authorizeRead(session.user, params.channel);
  return session.subscriptions.subscribe({
    channel,
    name: params.channel,
    byServer: false,
    wanted: params.recover === true ? { after: params.offset ?? 0, epoch: params.epoch } : 'now',
  });
}

export function unsubscribe(session: Session, params: MethodParams['unsubscribe']): Answer {
  session.subscriptions.unsubscribe(session.subscriptions.channelNamed(params.channel));
  return NOTHING;
}
