/** Polling: a short request every few seconds. The last resort; it works wherever HTTP does. */
import { RequestTransport } from './requests.js';
import type { OpenTransport } from './transport.js';

export const openPolling: OpenTransport = (context, sink) =>
  new RequestTransport('polling', context, sink, { wait: 0, pause: context.timing.pollInterval }).start();
