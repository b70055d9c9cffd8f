/** What the server pushes in the session, as the events that every transport reports. */
import type { Gap, Push, SubscribeResult } from '@fullduplex/wire';
import type { ChannelStart, Sink } from './transport.js';

/** Ephemeral messages in a channel: told to those who follow it now, and never stored. */
type ChannelMessage =
  | { readonly type: 'typing'; readonly user: string; readonly typing: boolean }
  | { readonly type: 'gap'; readonly gap: Gap };

/** From this code on, a subscription that was taken back is to be asked for again. */
const RESUBSCRIBE = 2500;

export function startOf(sub: SubscribeResult): ChannelStart {
  return {
    epoch: sub.epoch,
    offset: sub.offset,
    recovered: sub.recovered ?? false,
    publications: sub.publications ?? [],
  };
}

/** @param again is called with a channel whose subscription was lost and is to be asked for again */
export function dispatchPush(push: Push, sink: Sink, again: (channel: string) => void): void {
  if (push.channel !== undefined) dispatchIn(push.channel, push, sink, again);
  const cursor = push.pub?.cursor ?? push.cursor;
  if (cursor !== undefined) sink({ type: 'reached', cursor });
}

function dispatchIn(channel: string, push: Push, sink: Sink, again: (channel: string) => void): void {
  const { pub, join, leave, subscribe, unsubscribe, message } = push;
  if (pub) {
    const { data, offset, info = { user: '' }, time = 0 } = pub;
    // Without an offset it is not of the log, and there is nothing that it could be in order with.
    if (offset !== undefined) {
      sink({ type: 'publication', channel, publication: { offset, data, info, time } });
    }
  } else if (join) {
    sink({ type: 'presence', channel, user: join.info.user, present: true });
  } else if (leave) {
    sink({ type: 'presence', channel, user: leave.info.user, present: false });
  } else if (subscribe) {
    sink({ type: 'joined', channel, epoch: subscribe.epoch });
    // Told anew of one that was told of before: something of it is gone.
    if (subscribe.gap) sink({ type: 'gap', gap: subscribe.gap });
  } else if (unsubscribe) {
    if (unsubscribe.code >= RESUBSCRIBE) again(channel);
    else sink({ type: 'left', channel });
  } else if (message) {
    const data = message.data as ChannelMessage | null;
    if (data?.type === 'typing') sink({ type: 'typing', channel, user: data.user, typing: data.typing });
    else if (data?.type === 'gap') sink({ type: 'gap', gap: data.gap });
  }
}
