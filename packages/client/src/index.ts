/** Fullduplex's client for browsers and Node: one position, any transport. */
export { connect } from './connect.js';
export { localStorageOutbox, type WebStorage } from './sending/local-storage.js';
export * from './types.js';
