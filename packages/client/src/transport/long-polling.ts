/** Long polling: a request that the server holds until there is something to say, and then the next. */
import { MAX_WAIT_SECONDS } from '@fullduplex/wire';
import { RequestTransport } from './requests.js';
import type { OpenTransport } from './transport.js';

export const openLongPolling: OpenTransport = (context, sink) => {
  const wait = Math.min(MAX_WAIT_SECONDS, Math.max(1, Math.round(context.timing.longPollWait / 1000)));
  return new RequestTransport('long-polling', context, sink, { wait, pause: 0 }).start();
};
