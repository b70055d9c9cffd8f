/** `fullduplex verify`: checks a server against everything that a network does. */
export type { Violation, ViolationKind } from './check.js';
export { registerVerify } from './command.js';
export { runVerify, type VerifyOptions, type VerifyReport } from './run.js';
