/** Fullduplex's client for browsers and Node: one position, any transport. */
export * from './types.js';
