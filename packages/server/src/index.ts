export * from './log/channel-log.js';
