/** Tokens for any number of users, signed as an application would that shares a secret with the server. */
import { createHmac } from 'node:crypto';
import { TOKEN_SECRET } from '../peers/raised.mjs';

const encode = (/** @type {object} */ value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const head = encode({ alg: 'HS256' });

export const tokenOf = (/** @type {string} */ user) => {
  const signed = `${head}.${encode({ sub: user })}`;
  return `${signed}.${createHmac('sha256', TOKEN_SECRET).update(signed).digest('base64url')}`;
};
