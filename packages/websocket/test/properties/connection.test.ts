/** What is sent comes out the same however it is cut, and nothing that is sent can do harm. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isSendableCloseCode } from '../../src/protocol/close-code.js';
import { Connection } from '../../src/protocol/connection.js';
import type { WebSocketError } from '../../src/protocol/errors.js';
import { FrameBuffer } from '../../src/protocol/frame-output.js';
import type { Role } from '../../src/protocol/message-receiver.js';
import {
  anyFrame,
  conversation,
  cut,
  encode,
  type Heard,
  hex,
  hostileBytes,
  join,
  key,
  often,
  shares,
} from './arbitraries.js';
import { rememberedBytes } from './corpus.js';

const MAX_PAYLOAD = 1000;

interface Listening {
  readonly connection: Connection;
  readonly heard: Heard[];
  readonly errors: WebSocketError[];
  /** Sizes of the memory that it asked for. */
  readonly taken: number[];
}

const listen = (role: Role, maxPayload: number): Listening => {
  const heard: Heard[] = [];
  const errors: WebSocketError[] = [];
  const taken: number[] = [];
  const connection = new Connection(
    {
      role,
      maxPayload,
      allocate: (bytes) => {
        taken.push(bytes);
        return new Uint8Array(bytes);
      },
    },
    {
      onMessage: (data, isBinary) => heard.push({ kind: isBinary ? 'binary' : 'text', payload: hex(data) }),
      onPing: (payload) => heard.push({ kind: 'ping', payload: hex(payload) }),
      onPong: (payload) => heard.push({ kind: 'pong', payload: hex(payload) }),
      onClose: (code, reason) => heard.push({ kind: 'close', code, payload: hex(reason) }),
      onError: (error) => errors.push(error),
      onResumed: () => {},
    },
    new FrameBuffer(),
  );
  return { connection, heard, errors, taken };
};

const masksFor = (role: Role, mask: Uint8Array): Uint8Array | undefined =>
  role === 'server' ? mask : undefined;
const roles = fc.constantFrom<Role>('server', 'client');

describe('a conversation that keeps the rules', () => {
  test('comes out the same however it is cut', () => {
    fc.assert(
      fc.property(conversation, roles, key, shares, ({ frames, heard: said }, role, mask, cuts) => {
        const { connection, heard, errors } = listen(role, 0);
        const bytes = join(frames.map((frame) => encode(frame, masksFor(role, mask))));
        for (const chunk of cut(bytes, cuts)) connection.receiveData(chunk);
        expect(errors).toEqual([]);
        expect(heard).toEqual(said);
        expect(connection.held).toBe(0);
      }),
      often(300),
    );
  });

  test('comes out the same an octet at a time', () => {
    fc.assert(
      fc.property(conversation, roles, key, ({ frames, heard: said }, role, mask) => {
        const bytes = join(frames.map((frame) => encode(frame, masksFor(role, mask))));
        fc.pre(bytes.length < 4000);
        const { connection, heard } = listen(role, 0);
        for (const byte of bytes) connection.receiveData(Uint8Array.of(byte));
        expect(heard).toEqual(said);
      }),
      often(100),
    );
  });

  test('is heard up to the first message that is larger than the limit', () => {
    fc.assert(
      fc.property(conversation, fc.integer({ min: 1, max: 300 }), key, shares, (said, limit, mask, cuts) => {
        const { connection, heard, errors } = listen('server', limit);
        for (const chunk of cut(join(said.frames.map((frame) => encode(frame, mask))), cuts))
          connection.receiveData(chunk);
        const isMessage = ({ kind }: Heard): boolean => kind === 'text' || kind === 'binary';
        const isTooLarge = (one: Heard): boolean => isMessage(one) && one.payload.length / 2 > limit;
        const first = said.heard.findIndex(isTooLarge);
        expect(heard.filter(isMessage)).toEqual(
          (first < 0 ? said.heard : said.heard.slice(0, first)).filter(isMessage),
        );
        expect(errors.map(({ closeCode }) => closeCode)).toEqual(first < 0 ? [] : [1009]);
      }),
      often(200),
    );
  });

  test('is not heard beyond its close frame', () => {
    const code = fc.oneof(fc.integer({ min: 1000, max: 1014 }), fc.integer({ min: 3000, max: 4999 }));
    fc.assert(
      fc.property(
        conversation,
        code,
        fc.array(anyFrame, { maxLength: 3 }),
        key,
        shares,
        (said, status, more, mask, cuts) => {
          const payload = Uint8Array.of(status >> 8, status & 255);
          const frames = [...said.frames, { fin: true, rsv: 0, opcode: 8, payload }, ...more];
          const { connection, heard, errors } = listen('server', 0);
          for (const chunk of cut(join(frames.map((frame) => encode(frame, mask))), cuts))
            connection.receiveData(chunk);
          const isAllowed = isSendableCloseCode(status);
          expect(heard).toEqual(
            isAllowed ? [...said.heard, { kind: 'close', code: status, payload: '' }] : said.heard,
          );
          expect(errors.map(({ closeCode }) => closeCode)).toEqual(isAllowed ? [] : [1002]);
        },
      ),
      often(150),
    );
  });
});

describe('any bytes at all', () => {
  const bytes = fc.oneof(hostileBytes, fc.uint8Array({ maxLength: 500 }));

  test('never throw, and fail the connection at most once with a code that may be sent', () => {
    fc.assert(
      fc.property(bytes, roles, shares, (all, role, cuts) => {
        const { connection, heard, errors } = listen(role, MAX_PAYLOAD);
        for (const chunk of cut(all, cuts)) connection.receiveData(chunk);
        expect(errors.length).toBeLessThanOrEqual(1);
        for (const { closeCode } of errors) expect([1002, 1007, 1009]).toContain(closeCode);
        const closes = heard.filter(({ kind }) => kind === 'close').length;
        expect(closes + errors.length).toBe(connection.inputEnded ? 1 : 0);
      }),
      often(500),
    );
  });

  test('mean the same however they are cut', () => {
    fc.assert(
      fc.property(bytes, roles, shares, (all, role, cuts) => {
        const whole = listen(role, MAX_PAYLOAD);
        whole.connection.receiveData(all.slice());
        const pieces = listen(role, MAX_PAYLOAD);
        for (const chunk of cut(all, cuts)) pieces.connection.receiveData(chunk);
        expect(pieces.heard).toEqual(whole.heard);
        expect(pieces.errors.map(({ code }) => code)).toEqual(whole.errors.map(({ code }) => code));
      }),
      often(500),
    );
  });

  test('never make it hold more than the limit', () => {
    fc.assert(
      fc.property(bytes, shares, (all, cuts) => {
        const { connection, heard } = listen('server', MAX_PAYLOAD);
        for (const chunk of cut(all, cuts)) {
          connection.receiveData(chunk);
          expect(connection.held).toBeLessThanOrEqual(2 * MAX_PAYLOAD + 512);
        }
        for (const { payload } of heard) expect(payload.length / 2).toBeLessThanOrEqual(MAX_PAYLOAD);
      }),
      often(300),
    );
  });

  test('take no memory for what is announced and does not come', () => {
    const announced = fc.integer({ min: 126, max: 2 ** 40 });
    const little = fc.uint8Array({ maxLength: 200 });
    fc.assert(
      fc.property(announced, little, fc.boolean(), shares, (length, some, isText, cuts) => {
        const { connection, taken } = listen('server', 0);
        const head = new DataView(new ArrayBuffer(14));
        head.setUint16(0, (isText ? 0x8100 : 0x8200) | 0xff);
        head.setBigUint64(2, BigInt(length));
        const arrival = join([new Uint8Array(head.buffer), some.map((byte) => byte & 0x7f)]).subarray(
          0,
          13 + length,
        );
        let arrived = 0;
        for (const chunk of cut(arrival, cuts)) {
          arrived += chunk.length;
          connection.receiveData(chunk);
          for (const size of taken.splice(0)) expect(size).toBeLessThanOrEqual(4 * arrived + 64);
        }
      }),
      often(300),
    );
  });
});

test('what the corpus remembers means the same however it is cut', () => {
  const inputs = rememberedBytes('connection');
  expect(inputs.length).toBeGreaterThan(50);
  for (const input of inputs) {
    const role: Role = (input[0]! & 1) === 0 ? 'server' : 'client';
    const body = input.subarray(1);
    const whole = listen(role, MAX_PAYLOAD);
    whole.connection.receiveData(body.slice());
    const pieces = listen(role, MAX_PAYLOAD);
    for (const byte of body) pieces.connection.receiveData(Uint8Array.of(byte));
    expect(pieces.heard).toEqual(whole.heard);
    expect(pieces.errors.map(({ code }) => code)).toEqual(whole.errors.map(({ code }) => code));
    expect(whole.connection.held).toBeLessThanOrEqual(2 * MAX_PAYLOAD + 512);
  }
});
