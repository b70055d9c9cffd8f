/** What crosses the network between Fullduplex's clients and servers. */
export * from './channel.js';
export * from './commands.js';
export * from './disconnect.js';
export * from './errors.js';
export * from './name.js';
export * from './position.js';
export * from './protocol.js';
export * from './publication.js';
export * from './sync.js';
