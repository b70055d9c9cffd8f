/** The grammar of `Sec-WebSocket-*` takes any string without throwing, in time that grows with its length alone. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cpuTimeOf } from '../../../../test/support/cpu-time.js';
import { parseExtensions, parseSubprotocols } from '../../src/protocol/headers.js';
import { acceptOffer, formatAccepted } from '../../src/protocol/permessage-deflate.js';
import { readUpgrade } from '../../src/protocol/server-handshake.js';
import { often } from './arbitraries.js';

const token = fc.string({
  unit: fc.constantFrom(...'abcXYZ019!#$%&*+-.^_`|~'.split('')),
  minLength: 1,
  maxLength: 12,
});
const quoted = token.map((text) => `"${text}"`);
const soup = fc
  .array(
    fc.constantFrom(
      'permessage-deflate',
      'server_max_window_bits',
      '=',
      ';',
      ',',
      ' ',
      '\t',
      '"',
      '\\',
      '8',
      '15',
      '16',
      'x',
      'é',
    ),
    {
      maxLength: 40,
    },
  )
  .map((parts) => parts.join(''));

describe('extensions', () => {
  test('written by the grammar are read back', () => {
    const parameter = fc.tuple(token, fc.option(fc.oneof(token, quoted)));
    const offers = fc.array(fc.tuple(token, fc.array(parameter, { maxLength: 4 })), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(offers, fc.constantFrom('', ' ', '\t '), (list, space) => {
        const header = list
          .map(([name, parameters]) =>
            [name, ...parameters.map(([key, value]) => (value === null ? key : `${key}=${value}`))].join(
              `${space};${space}`,
            ),
          )
          .join(`${space},${space}`);
        const read = parseExtensions(header);
        expect(read?.map(({ name }) => name)).toEqual(list.map(([name]) => name));
        read?.forEach(({ parameters }, index) => {
          const said = list[index]![1];
          for (const name of new Set(said.map(([key]) => key))) {
            const values = said
              .filter(([key]) => key === name)
              .map(([, value]) => value?.replaceAll('"', '') ?? true);
            expect(parameters.get(name)).toEqual(values);
          }
        });
      }),
      often(300),
    );
  });

  test('of any kind are read or refused, and what is accepted is within what may be', () => {
    fc.assert(
      fc.property(fc.oneof(soup, fc.string()), (header) => {
        const offers = parseExtensions(header);
        if (offers === undefined) return;
        const accepted = acceptOffer(offers, {});
        if (accepted === undefined) return;
        expect(accepted.serverMaxWindowBits).toBeGreaterThanOrEqual(8);
        expect(accepted.serverMaxWindowBits).toBeLessThanOrEqual(15);
        expect(accepted.clientMaxWindowBits).toBeGreaterThanOrEqual(8);
        expect(accepted.clientMaxWindowBits).toBeLessThanOrEqual(15);
        expect(parseExtensions(formatAccepted(accepted))).toHaveLength(1);
      }),
      often(1000),
    );
  });

  test.each([
    ['spaces', (length: number) => `x${' '.repeat(length)}`],
    ['an open quote', (length: number) => `x; y="${'z'.repeat(length)}`],
    ['backslashes', (length: number) => `x; y="${'\\'.repeat(length)}`],
    ['commas', (length: number) => ','.repeat(length)],
    ['parameters', (length: number) => `x${'; a'.repeat(length)}`],
    ['spaces and semicolons', (length: number) => `x${' ;'.repeat(length)}!`],
  ])('with many %s take linear time', (_, make) => {
    const [short, long] = [make(10_000), make(160_000)];
    const best = new Map<string, number>([short, long].map((header) => [header, Number.POSITIVE_INFINITY]));
    // Sixteen times the length: sixteen times as long, where quadratic would be 256 times. A machine that does other
    // things only ever adds to a time, so more rounds come nearer to the truth; quadratic never comes near.
    const isLinear = (): boolean => best.get(long)! < Math.max(10, 80 * best.get(short)!);
    for (let round = 0; round < 5 || (round < 100 && !isLinear()); round++) {
      for (const header of [short, long]) {
        best.set(
          header,
          Math.min(
            best.get(header)!,
            cpuTimeOf(() => parseExtensions(header)),
          ),
        );
      }
    }
    expect(best.get(long)).toBeLessThan(Math.max(10, 80 * best.get(short)!));
  });
});

test('subprotocols of any kind are read or refused', () => {
  fc.assert(
    fc.property(fc.oneof(soup, fc.string()), (header) => {
      const protocols = parseSubprotocols(header);
      for (const protocol of protocols ?? []) expect(protocol).toMatch(/^[!#$%&'*+\-.^_`|~\w]+$/);
    }),
    often(500),
  );
});

test('a request with any headers is a handshake or a refusal with a status', () => {
  const value = fc.option(
    fc.oneof(fc.string(), soup, fc.constantFrom('websocket', 'Upgrade', '13', 'dGhlIHNhbXBsZSBub25jZQ==')),
    {
      nil: undefined,
    },
  );
  const headers = fc.record({
    host: value,
    upgrade: value,
    connection: value,
    'sec-websocket-key': value,
    'sec-websocket-version': value,
    'sec-websocket-protocol': value,
    'sec-websocket-extensions': value,
  });
  fc.assert(
    fc.property(
      headers,
      fc.constantFrom('GET', 'POST', ''),
      fc.nat(2),
      fc.nat(1),
      (fields, method, major, minor) => {
        const { ok, refusal } = readUpgrade({
          method,
          httpVersionMajor: major,
          httpVersionMinor: minor,
          headers: fields,
        });
        if (refusal !== undefined) expect([400, 405, 426]).toContain(refusal.status);
        else expect(ok.key).toHaveLength(24);
      },
    ),
    often(500),
  );
});
