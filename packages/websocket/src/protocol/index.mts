/** What `import` gives in Node: the very same code as `require`. Browsers have a build of their own. */
export * from './index.js';
