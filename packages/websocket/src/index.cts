/**
 * What `require` gives: the class itself with every export on it, as with `ws`, so that both
 * `const WebSocket = require(…)` and `const { WebSocketServer } = require(…)` work, types included.
 */
import engine = require('./index.js');

const WebSocket: typeof engine.WebSocket & Omit<typeof engine, 'WebSocket' | 'default'> = Object.assign(
  engine.WebSocket,
  engine,
);
type WebSocket = engine.WebSocket;
/** The types, by the names that they have in the module. */
namespace WebSocket {
  export type Agreed<Kind extends engine.ServerKind> = engine.Agreed<Kind>;
  export type BinaryType = engine.BinaryType;
  export type BroadcastGroup = engine.BroadcastGroup;
  export type BroadcastGroupOptions = engine.BroadcastGroupOptions;
  export type ClientInfo = engine.ClientInfo;
  export type ClientOptions = engine.ClientOptions;
  export type CloseEvent = engine.CloseEvent;
  export type CloseReport = engine.CloseReport;
  export type ConnectionOptions = engine.ConnectionOptions;
  export type Data = engine.Data;
  export type DeflateOptions = engine.DeflateOptions;
  export type DeflateReport = engine.DeflateReport;
  export type DrainOptions = engine.DrainOptions;
  export type DrainProgress = engine.DrainProgress;
  export type ErrorEvent = engine.ErrorEvent;
  export type HandshakeReport = engine.HandshakeReport;
  export type IncomingMessageStream = engine.IncomingMessageStream;
  export type KeepaliveOptions = engine.KeepaliveOptions;
  export type MessageData<Type extends engine.BinaryType = 'nodebuffer'> = engine.MessageData<Type>;
  export type MessageEvent = engine.MessageEvent;
  export type MessageReport = engine.MessageReport;
  export type MessageSource = engine.MessageSource;
  export type PerMessageDeflateOptions = engine.PerMessageDeflateOptions;
  export type QueueReport = engine.QueueReport;
  export type RawData = engine.RawData;
  export type SendCallback = engine.SendCallback;
  export type SendData = engine.SendData;
  export type SendOptions = engine.SendOptions;
  export type Server<Kind extends engine.ServerKind = string> = engine.Server<Kind>;
  export type ServerEvents<Kind extends engine.ServerKind = string> = engine.ServerEvents<Kind>;
  export type ServerKind = engine.ServerKind;
  export type ServerOptions<Kind extends engine.ServerKind = string> = engine.ServerOptions<Kind>;
  export type SocketOptions = engine.SocketOptions;
  export type VerifyClient = engine.VerifyClient;
  export type VerifyClientCallbackAsync = engine.VerifyClientCallbackAsync;
  export type VerifyClientCallbackSync = engine.VerifyClientCallbackSync;
  export type WebSocketCloseInfo = engine.WebSocketCloseInfo;
  export type WebSocketConnection = engine.WebSocketConnection;
  export type WebSocketError = engine.WebSocketError;
  export type WebSocketErrorCode = engine.WebSocketErrorCode;
  export type WebSocketEvent = engine.WebSocketEvent;
  export type WebSocketEvents = engine.WebSocketEvents;
  export type WebSocketServer<Kind extends engine.ServerKind = string> = engine.WebSocketServer<Kind>;
  export type WebSocketStream = engine.WebSocketStream;
  export type WebSocket = engine.WebSocket;
}

export = WebSocket;
