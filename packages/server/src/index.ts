/** Fullduplex's messaging server: ordered, durable conversations that are read over any transport. */
export {
  type Limits,
  type ResolvedConfig,
  type ServerConfig,
  ServerError,
  type ServerErrorCode,
  type Timing,
} from './config.js';
export * from './log/log.js';
export { MemoryStorage, type MemoryStorageOptions } from './log/memory-storage.js';
export { OrderedLog, type OrderedLogOptions } from './log/ordered-log.js';
export { SqliteStorage, type SqliteStorageOptions } from './log/sqlite/sqlite-storage.js';
export * from './log/storage.js';
export { createServer, type Listening, type Replacements, type Server } from './server.js';
