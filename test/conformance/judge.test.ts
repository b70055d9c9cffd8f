/** The judge must be able to find against someone: servers with one fault each, and the cases that see it. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { corpora } from './cases/corpora.js';
import { cases } from './cases/index.js';
import { DeflateContext } from './deflate.js';
import { close, encode, FrameReader, type FrameSpec } from './frames.js';
import { openAsServer } from './handshake.js';
import { judgeServer } from './runner.js';
import type { Behaviour } from './verdict.js';

type Fault = 'none' | 'keeps no rule' | 'never answers' | 'wrong code' | 'drops' | 'changes a byte' | 'masks';

/** Just enough of a server for the cases below, and then one fault. */
const answersOf = (fault: Fault, frame: FrameSpec): FrameSpec[] | 'drop' => {
  const { opcode, payload, rsv } = frame;
  if (fault === 'never answers') return [];
  if (opcode === 8) return [close(fault === 'wrong code' ? 1001 : 1000)];
  if (opcode === 9) return [{ opcode: 10, payload }];
  if (fault !== 'keeps no rule' && (rsv !== 0 || opcode > 2)) {
    return fault === 'drops' ? 'drop' : [close(1002)];
  }
  if (fault === 'changes a byte') return [{ opcode, payload: Buffer.from(payload).fill(0x2b, 0, 1) }];
  return [{ opcode, payload, ...(fault === 'masks' ? { maskWrongly: true } : {}) }];
};

const faulty = async (fault: Fault) => {
  const server = createServer((socket) => {
    void openAsServer(socket).then(({ rest }) => {
      const reader = new FrameReader();
      const onData = (chunk: Buffer): void => {
        for (const frame of reader.push(chunk)) {
          const answers = answersOf(fault, frame);
          if (answers === 'drop') {
            socket.destroy();
            return;
          }
          for (const answer of answers) {
            socket.write(encode(answer, false));
            if (answer.opcode === 8) socket.end();
          }
          if (answers.some(({ opcode }) => opcode === 8)) return;
        }
      };
      socket.on('data', onData);
      onData(rest);
      socket.resume();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stop = () => server.close();
  return (server.address() as AddressInfo).port;
};

let stop = (): unknown => undefined;
afterEach(() => {
  stop();
});

const findings: [Fault, string, Behaviour][] = [
  ['none', '1.1.2', 'ok'],
  ['none', '2.2', 'ok'],
  ['none', '3.1', 'ok'],
  ['keeps no rule', '3.1', 'failed'],
  ['keeps no rule', '4.1.1', 'failed'],
  ['none', '6.4.1', 'failed'],
  ['none', '6.16.1', 'failed'],
  ['never answers', '2.2', 'failed'],
  ['wrong code', '1.1.2', 'failed'],
  ['wrong code', '7.3.3', 'failed'],
  ['drops', '3.1', 'non-strict'],
  ['changes a byte', '1.1.2', 'failed'],
  ['changes a byte', '9.7.3', 'failed'],
  ['masks', '1.1.2', 'failed'],
  ['none', '12.1.1', 'unimplemented'],
];

test.each(findings)('a server with the fault "%s" in case %s is %s', async (fault, id, behaviour) => {
  const subject = cases.filter((one) => one.id === id);
  const verdicts = await judgeServer(subject, await faulty(fault), { patience: 300 });
  expect(verdicts.get(id)?.behaviour).toBe(behaviour);
});

test('every case has an id of its own', () => {
  expect(new Set(cases.map(({ id }) => id)).size).toBe(cases.length);
});

test('a stream that refers back farther than the window agreed on does not inflate', () => {
  const sender = new DeflateContext(15, true);
  const block = corpora[3]!.message(700, 1);
  const far = sender.deflate(Buffer.concat([block, corpora[3]!.message(700, 2), block]));
  expect(() => new DeflateContext(9, true).inflate(far)).toThrow(/too far back/);
  expect(new DeflateContext(15, true).inflate(far)).toHaveLength(2100);
});
