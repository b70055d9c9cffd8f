/** Fullduplex's messaging server: ordered, durable conversations that are read over any transport. */
export {
  type Limits,
  type ResolvedConfig,
  type ServerConfig,
  ServerError,
  type ServerErrorCode,
  type Timing,
} from './config.js';
export * from './log/channel-log.js';
export { createServer, type Listening, type Server } from './server.js';
