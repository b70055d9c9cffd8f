import { expect, test } from 'vitest';
import { parseExtensions } from '../../src/protocol/headers.js';
import {
  acceptAnswer,
  acceptOffer,
  type DeflatePreferences,
  formatAccepted,
  formatOffer,
  isGarbled,
} from '../../src/protocol/permessage-deflate.js';

const answered = (header: string, wants: DeflatePreferences = {}): string | undefined => {
  const parameters = acceptOffer(parseExtensions(header)!, wants);
  return parameters && formatAccepted(parameters).slice('permessage-deflate'.length);
};

test.each<[string, DeflatePreferences, string | undefined]>([
  ['permessage-deflate', {}, ''],
  ['foo', {}, undefined],
  ['foo, permessage-deflate', {}, ''],
  ['permessage-deflate; client_max_window_bits', {}, ''],
  ['permessage-deflate; server_max_window_bits=8', {}, '; server_max_window_bits=8'],
  ['permessage-deflate; server_max_window_bits="10"', {}, '; server_max_window_bits=10'],
  ['permessage-deflate; client_max_window_bits=9', {}, '; client_max_window_bits=9'],
  ['permessage-deflate; client_max_window_bits', { clientMaxWindowBits: 10 }, '; client_max_window_bits=10'],
  ['permessage-deflate', { clientMaxWindowBits: 10 }, undefined],
  [
    'permessage-deflate; server_max_window_bits=12',
    { serverMaxWindowBits: 10 },
    '; server_max_window_bits=10',
  ],
  ['permessage-deflate; server_max_window_bits=9', { serverMaxWindowBits: 10 }, '; server_max_window_bits=9'],
  ['permessage-deflate; server_max_window_bits=9', { serverMaxWindowBits: false }, undefined],
  ['permessage-deflate; server_no_context_takeover', {}, '; server_no_context_takeover'],
  ['permessage-deflate; server_no_context_takeover', { serverNoContextTakeover: false }, undefined],
  ['permessage-deflate; client_no_context_takeover', {}, '; client_no_context_takeover'],
  [
    'permessage-deflate',
    { serverNoContextTakeover: true, clientNoContextTakeover: true },
    '; server_no_context_takeover; client_no_context_takeover',
  ],
  // Declined, and the next offer is looked at (RFC 7692, section 5).
  ['permessage-deflate; unknown, permessage-deflate', {}, ''],
  ['permessage-deflate; server_max_window_bits', {}, undefined],
  ['permessage-deflate; server_max_window_bits=7', {}, undefined],
  ['permessage-deflate; server_max_window_bits=16', {}, undefined],
  ['permessage-deflate; client_max_window_bits=16', {}, undefined],
  ['permessage-deflate; server_max_window_bits=08', {}, undefined],
  ['permessage-deflate; server_max_window_bits=100', {}, undefined],
  ['permessage-deflate; server_no_context_takeover=1', {}, undefined],
  ['permessage-deflate; server_max_window_bits=9; server_max_window_bits=9', {}, undefined],
])('the offer %s with %o is answered %s', (header, wants, expected) => {
  expect(answered(header, wants)).toBe(expected);
});

test('only what is no number at all is garbled', () => {
  const garbled = (header: string): boolean => parseExtensions(header)!.some(isGarbled);
  expect(garbled('permessage-deflate; server_max_window_bits=foo')).toBe(true);
  expect(garbled('permessage-deflate; client_max_window_bits=1a')).toBe(true);
  expect(garbled('permessage-deflate; server_max_window_bits=99; unknown=foo')).toBe(false);
  expect(garbled('other; server_max_window_bits=foo')).toBe(false);
});

test('what a client offers', () => {
  expect(formatOffer({})).toBe('permessage-deflate; client_max_window_bits');
  expect(
    formatOffer({
      serverNoContextTakeover: true,
      clientNoContextTakeover: true,
      serverMaxWindowBits: 10,
      clientMaxWindowBits: 9,
    }),
  ).toBe(
    'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; client_max_window_bits=9',
  );
  expect(formatOffer({ clientMaxWindowBits: false })).toBe('permessage-deflate');
});

test.each<[string, DeflatePreferences, boolean]>([
  ['permessage-deflate', {}, true],
  ['permessage-deflate; client_max_window_bits=9', {}, true],
  ['permessage-deflate; client_max_window_bits', {}, false],
  ['permessage-deflate; client_max_window_bits=9', { clientMaxWindowBits: false }, false],
  ['permessage-deflate; client_max_window_bits=12', { clientMaxWindowBits: 10 }, false],
  ['permessage-deflate; server_max_window_bits=12', { serverMaxWindowBits: 10 }, false],
  ['permessage-deflate; server_max_window_bits=9', { serverMaxWindowBits: 10 }, true],
  ['permessage-deflate; client_no_context_takeover', { clientNoContextTakeover: false }, false],
  ['permessage-deflate; unknown', {}, false],
  ['permessage-deflate, permessage-deflate', {}, false],
  ['foo', {}, false],
])('the answer %s to %o', (header, wants, fits) => {
  expect(typeof acceptAnswer(parseExtensions(header)!, wants)).toBe(fits ? 'object' : 'string');
});

test('without an answer about its window a client keeps to what it offered', () => {
  const accepted = acceptAnswer(parseExtensions('permessage-deflate')!, { clientMaxWindowBits: 10 });
  expect(accepted).toMatchObject({ clientMaxWindowBits: 10, serverMaxWindowBits: 15 });
});
