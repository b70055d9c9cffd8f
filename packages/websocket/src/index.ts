/** A WebSocket engine for Node: RFC 6455 in both roles, with the API people know from `ws`. */
import { WebSocketServer } from './node/server.js';
import { createWebSocketStream } from './node/stream.js';
import { WebSocket as Socket } from './node/websocket.js';

/** The class, with what `ws` has on it: `WebSocket.Server` and the like. */
export const WebSocket = Object.assign(Socket, {
  WebSocket: Socket,
  Server: WebSocketServer,
  WebSocketServer,
  createWebSocketStream,
});
export type WebSocket = Socket;
export default WebSocket;

export type { BinaryType } from './node/binary-type.js';
export { BroadcastGroup, type BroadcastGroupOptions } from './node/broadcast-group.js';
export type { ClientOptions } from './node/client.js';
export { connectOverHttp2 } from './node/client-http2.js';
export type { DeflateOptions } from './node/deflate-options.js';
export {
  CHANNELS,
  type CloseReport,
  type DeflateReport,
  type HandshakeReport,
  type MessageReport,
  type QueueReport,
} from './node/diagnostics.js';
export type { DrainOptions, DrainProgress } from './node/drain.js';
export {
  CloseEvent,
  ErrorEvent,
  MessageEvent,
  WebSocketEvent,
  type WebSocketEvents,
} from './node/event-target.js';
export type { KeepaliveOptions } from './node/keepalive.js';
export type { MessageSource } from './node/message-streams.js';
export type {
  ClientInfo,
  ConnectionOptions,
  ServerOptions,
  VerifyClient,
  VerifyClientCallbackAsync,
  VerifyClientCallbackSync,
} from './node/options.js';
export type { SendData } from './node/payload.js';
export type { Agreed, ServerEvents } from './node/server.js';
export { acceptOverHttp2 } from './node/server-http2.js';
export { IncomingMessageStream } from './node/stream-delivery.js';
export type { SendCallback, SendOptions, SocketOptions } from './node/websocket.js';
export {
  type WebSocketCloseInfo,
  type WebSocketConnection,
  WebSocketStream,
} from './node/websocket-stream.js';
export { WebSocketError, type WebSocketErrorCode } from './protocol/errors.js';
/** What a `message` listener is given, by the name that the types of `ws` have for it. */
export type RawData = Buffer;
export { createWebSocketStream, WebSocketServer, WebSocketServer as Server };
