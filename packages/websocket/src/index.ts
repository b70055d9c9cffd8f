/** A WebSocket engine for Node: RFC 6455 in both roles, with the API people know from `ws`. */

export { BroadcastGroup, type BroadcastGroupOptions } from './node/broadcast-group.js';
export type { ClientOptions } from './node/client.js';
export { CloseEvent, ErrorEvent, MessageEvent, WebSocketEvent } from './node/event-target.js';
export type { SendCallback } from './node/outbox.js';
export type { SendData } from './node/payload.js';
export {
  type ClientInfo,
  type ServerEvents,
  type ServerOptions,
  type VerifyClient,
  WebSocketServer,
} from './node/server.js';
export {
  type BinaryType,
  type SendOptions,
  WebSocket,
  WebSocket as default,
  type WebSocketEvents,
} from './node/websocket.js';
export { WebSocketError, type WebSocketErrorCode } from './protocol/errors.js';
