import type { IncomingMessage } from 'node:http';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Admission } from '../../src/node/admission.js';
import type { ClientInfo, ServerOptions } from '../../src/node/options.js';
import type { Refusal } from '../../src/protocol/handshake.js';
import type { HandshakeRequest } from '../../src/protocol/server-handshake.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const handshake: HandshakeRequest = { key: '', version: 13, protocols: new Set(), extensions: [] };
const request = (headers: Record<string, string> = {}): IncomingMessage =>
  ({ headers: { host: 'a.example', ...headers }, socket: {} }) as unknown as IncomingMessage;

function decide(
  options: ServerOptions,
  headers?: Record<string, string>,
  admission = new Admission(options),
) {
  const decided: (Refusal | undefined)[] = [];
  admission.decide(handshake, request(headers), (refusal) => decided.push(refusal));
  return decided;
}

test('without a word about it, everyone from here comes in', () => {
  expect(decide({ port: 0 })).toEqual([undefined]);
  expect(decide({ port: 0 }, { origin: 'http://a.example' })).toEqual([undefined]);
  expect(decide({ port: 0 }, { origin: 'http://b.example' })[0]?.status).toBe(403);
  expect(decide({ noServer: true }, { origin: 'http://b.example' })).toEqual([undefined]);
  expect(decide({ noServer: true, origins: [] }, { origin: 'http://b.example' })[0]?.status).toBe(403);
  expect(
    decide({ origins: (origin) => origin.endsWith('b.example') }, { origin: 'http://b.example' }),
  ).toEqual([undefined]);
});

test('verifyClient decides at once, or later, once', () => {
  expect(decide({ verifyClient: (info: ClientInfo) => info.origin === undefined })).toEqual([undefined]);
  expect(decide({ verifyClient: () => false })[0]?.status).toBe(401);
  const twice = decide({
    verifyClient: (_, callback) => {
      callback(false, 503, 'later', { 'Retry-After': 120 });
      callback(true);
    },
  });
  expect(twice).toEqual([{ status: 503, message: 'later', headers: { 'Retry-After': '120' } }]);
});

test('it does not have for ever, nor for everyone at once', () => {
  const admission = new Admission({
    verifyClient: (_info, _callback) => {},
    handshakeTimeout: 100,
    maxPendingHandshakes: 2,
  });
  const all = [decide({}, {}, admission), decide({}, {}, admission), decide({}, {}, admission)];
  expect(all.map(([refusal]) => refusal?.status)).toEqual([undefined, undefined, 503]);
  expect(all[0]).toHaveLength(0);
  vi.advanceTimersByTime(100);
  expect(all.map(([refusal]) => refusal?.status)).toEqual([503, 503, 503]);
  expect(decide({}, {}, admission)).toHaveLength(0);
});
