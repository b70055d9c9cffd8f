/** A WebSocket engine for Node: RFC 6455 in both roles, with the API people know from `ws`. */
import type { ClientOptions as Options } from './node/client.js';
import type {
  ServerOptions as Served,
  VerifyClientCallbackAsync as VerifyAsync,
  VerifyClientCallbackSync as VerifySync,
} from './node/options.js';
import type { SendData } from './node/payload.js';
import { Sender } from './node/sender.js';
import { type ServerKind, WebSocketServer as Serving } from './node/server.js';
import { createWebSocketStream } from './node/stream.js';
import { WebSocket as Socket } from './node/websocket.js';

/** What `ws` has on its class. */
interface OnTheClass {
  readonly WebSocket: typeof Socket & OnTheClass;
  readonly Server: typeof Serving;
  readonly WebSocketServer: typeof Serving;
  readonly Sender: typeof Sender;
  readonly createWebSocketStream: typeof createWebSocketStream;
}

/** The class, with what `ws` has on it: `WebSocket.Server` and the like. */
export const WebSocket: typeof Socket & OnTheClass = Object.assign(Socket, {
  WebSocket: Socket as typeof Socket & OnTheClass,
  Server: Serving,
  WebSocketServer: Serving,
  Sender,
  createWebSocketStream,
});
export type WebSocket = Socket;
export default WebSocket;
/** The types that `ws` has on its class. */
export namespace WebSocket {
  export type Server<Kind extends ServerKind = string> = Serving<Kind>;
  export type WebSocketServer<Kind extends ServerKind = string> = Serving<Kind>;
  export type Data = SendData | Buffer[];
  export type RawData = MessageData<BinaryType>;
  export type ClientOptions = Options;
  export type ServerOptions<Kind extends ServerKind = string> = Served<Kind>;
  export type PerMessageDeflateOptions = DeflateOptions;
  export type VerifyClientCallbackSync = VerifySync;
  export type VerifyClientCallbackAsync = VerifyAsync;
}

import type { BinaryType, MessageData } from './node/binary-type.js';
import type { DeflateOptions } from './node/deflate-options.js';

export type { BinaryType, MessageData } from './node/binary-type.js';
export { BroadcastGroup, type BroadcastGroupOptions } from './node/broadcast-group.js';
export type { ClientOptions } from './node/client.js';
export { connectOverHttp2 } from './node/client-http2.js';
export type {
  DeflateOptions,
  DeflateOptions as PerMessageDeflateOptions,
} from './node/deflate-options.js';
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
export { Sender } from './node/sender.js';
export type { SendCallback, SendOptions } from './node/sending-socket.js';
export type { Agreed, ServerEvents, ServerKind } from './node/server.js';
export { acceptOverHttp2 } from './node/server-http2.js';
export { IncomingMessageStream } from './node/stream-delivery.js';
export type { SocketOptions } from './node/websocket.js';
export {
  type WebSocketCloseInfo,
  type WebSocketConnection,
  WebSocketStream,
} from './node/websocket-stream.js';
export { WebSocketError, type WebSocketErrorCode } from './protocol/errors.js';
/** What a `message` listener may be given, whatever the `binaryType`, by the name that the types of `ws` have for it. */
export type RawData = MessageData<BinaryType>;
/** What may be sent, by the name that the types of `ws` have for it. */
export type Data = SendData | Buffer[];
export { createWebSocketStream, Serving as Server, Serving as WebSocketServer };
