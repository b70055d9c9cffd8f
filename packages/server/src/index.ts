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
export { MemoryLog, type MemoryLogOptions } from './log/memory-log.js';
export { SqliteLog, type SqliteLogOptions } from './log/sqlite-log.js';
export { createServer, type Listening, type Replacements, type Server } from './server.js';
