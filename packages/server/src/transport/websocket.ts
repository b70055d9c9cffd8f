/** The session over WebSocket: frames in and out of a `Session`, which knows nothing of sockets. */

import type { WebSocket } from '@fullduplex/websocket';
import { DISCONNECTS } from '@fullduplex/wire';
import type { Services } from '../session/services.js';
import { Session } from '../session/session.js';
import { WebSocketOutlet } from './websocket-outlet.js';

/** Closed in order by the client's own wish, with a code or without: it does not mean to come back at once. */
const GOODBYES: readonly number[] = [1000, 1005];

/** Runs a session on the socket until either is over. */
export function serveSession(socket: WebSocket, services: Services): Session {
  const outlet = new WebSocketOutlet(socket);
  const session = new Session(outlet, services);
  outlet.owner = session.subscriptions;
  socket.on('message', (data, isBinary) => {
    if (isBinary) session.disconnect(DISCONNECTS.inappropriateProtocol);
    else session.receive(data.toString());
  });
  // Not at once: the socket may have drained in the middle of a publication to many.
  socket.on('drain', () => setImmediate(() => session.drained()));
  socket.on('close', (code) => session.end(GOODBYES.includes(code)));
  // What went wrong shows in the close that follows.
  socket.on('error', () => {});
  return session;
}
