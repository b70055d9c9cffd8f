/** What `import` gives: the very same classes as `require`, of which there is one copy in a process. */
export * from './index.js';
export { WebSocket as default } from './index.js';
