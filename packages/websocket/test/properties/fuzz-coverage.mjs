/**
 * A fuzzer that is guided by coverage: an input that reaches code which none before it has reached, or reaches it more
 * often, is kept and changed further. What must hold of each input is what the properties say of any bytes. It knows the
 * built protocol, and Node's own inspector for the coverage.
 *
 * `node fuzz-coverage.mjs [--seconds N] [--seed N] [--save]`; with `--save`, what it kept goes to the corpus, which the
 * ordinary tests try again.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { parseArgs } from 'node:util';
import { Connection, FrameBuffer, WebSocketError } from '../../dist/protocol/index.mjs';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    save: { type: 'boolean', default: false },
  },
});
const CORPUS = new URL('corpus/connection.hex', import.meta.url);
const MAX_PAYLOAD = 1000;
const MAX_INPUT = 600;

/** Numbers from a seed, so that a run can be had again. */
let state = Number(values.seed) >>> 0 || 1;
const random = (below) => {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % below;
};

/** Inflates at once by turning the bytes around; refuses what begins with a zero. */
const inflater = {
  inflate(payload, limit) {
    if (payload.length > limit) return new WebSocketError('WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', 'too much');
    if (payload[0] === 0) return new WebSocketError('WS_ERR_INVALID_COMPRESSED_DATA', 'not right');
    return Uint8Array.from(payload).reverse();
  },
};

/** What a connection makes of an input: its first byte says who is listening, and how. */
function play(input, chunks) {
  const [how = 0] = input;
  const told = [];
  const hex = (bytes) => Buffer.from(bytes).toString('hex');
  const output = new FrameBuffer();
  const connection = new Connection(
    {
      role: how & 1 ? 'client' : 'server',
      maxPayload: MAX_PAYLOAD,
      skipUtf8Validation: (how & 2) !== 0,
      answerPings: (how & 4) === 0,
    },
    {
      onMessage: (data, isBinary) => told.push(`message ${isBinary} ${hex(data)}`),
      onPing: (payload) => told.push(`ping ${hex(payload)}`),
      onPong: (payload) => told.push(`pong ${hex(payload)}`),
      onClose: (code, reason) => told.push(`close ${code} ${hex(reason)}`),
      onError: (error) => told.push(`error ${error.code}`),
      onResumed() {},
      onEnd: (code) => told.push(`end ${code}`),
    },
    output,
    how & 8 ? inflater : undefined,
  );
  for (const chunk of chunks) {
    connection.receiveData(chunk);
    if (connection.held > 2 * MAX_PAYLOAD + 512) throw new Error(`it holds ${connection.held} bytes`);
  }
  const ends = told.filter((line) => /^(close|error)/.test(line)).length;
  if (ends !== (connection.inputEnded ? 1 : 0)) throw new Error(`it ended ${ends} times`);
  connection.receiveEof();
  told.push(...output.dataToSend().map(hex));
  return told.join('\n');
}

/** Whole, and an octet at a time: it must mean the same. */
function check(input) {
  const body = input.subarray(1);
  const whole = play(input, [Uint8Array.from(body)]);
  const cut = play(
    input,
    Array.from(body, (byte) => Uint8Array.of(byte)),
  );
  if (whole !== cut) throw new Error(`At once:\n${whole}\nAn octet at a time:\n${cut}`);
}

// Coverage.

const session = new Session();
session.connect();
const post = (method, parameters) => {
  let result;
  let failure;
  session.post(method, parameters, (error, given) => {
    failure = error;
    result = given;
  });
  if (failure) throw failure;
  return result;
};
post('Profiler.enable');
post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });

const reached = new Set();
/** Whether the latest input has reached something new. Counts are told apart by their order of magnitude. */
function isNew() {
  let any = false;
  for (const { functions, url } of post('Profiler.takePreciseCoverage').result) {
    if (!url.includes('/dist/protocol/')) continue;
    for (const { ranges } of functions) {
      for (const { count, endOffset, startOffset } of ranges) {
        if (count === 0) continue;
        const key = `${url} ${startOffset} ${endOffset} ${32 - Math.clz32(count)}`;
        if (reached.has(key)) continue;
        reached.add(key);
        any = true;
      }
    }
  }
  return any;
}

// Inputs.

const INTERESTING = [
  0, 1, 2, 0x7e, 0x7f, 0x80, 0x81, 0x82, 0x88, 0x89, 0x8a, 0xc1, 0xe2, 0xed, 0xf0, 0xfe, 0xff,
];

function changed(input, other) {
  const bytes = [...input];
  for (let times = 1 + random(4); times > 0; times--) {
    const at = random(bytes.length + 1);
    switch (random(6)) {
      case 0:
        bytes[random(bytes.length)] ^= 1 << random(8);
        break;
      case 1:
        bytes.splice(at, 0, INTERESTING[random(INTERESTING.length)]);
        break;
      case 2:
        bytes.splice(at, 1 + random(8));
        break;
      case 3:
        bytes.splice(at, 0, ...other.slice(1 + random(other.length), 1 + random(other.length)));
        break;
      case 4:
        bytes.splice(at, 0, ...bytes.slice(at, at + random(40)));
        break;
      default:
        bytes[random(bytes.length)] = random(256);
    }
    if (bytes.length === 0) bytes.push(0);
  }
  return Uint8Array.from(bytes.slice(0, MAX_INPUT));
}

/** Frames of every kind, as a beginning. */
function seeds() {
  const given = existsSync(CORPUS) ? readFileSync(CORPUS, 'utf8').split('\n').filter(Boolean) : [];
  const masked = (first, text) => [first, 0x80 | text.length, 0, 0, 0, 0, ...Buffer.from(text)];
  const frames = [
    masked(0x81, 'text'),
    masked(0x82, 'bytes'),
    [...masked(0x01, 'frag'), ...masked(0x89, 'ping'), ...masked(0x80, 'ment')],
    masked(0xc1, 'abc'),
    masked(0x88, '\u0003\u00e8bye'),
    masked(0x8a, ''),
    [0x82, 0xfe, 0x01, 0x00, 0, 0, 0, 0],
    [0x82, 0xff, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0],
  ];
  return [
    ...given.map((line) => Uint8Array.from(Buffer.from(line, 'hex'))),
    ...frames.flatMap((frame) => [0, 8].map((how) => Uint8Array.of(how, ...frame))),
    Uint8Array.of(1, 0x81, 0x01, 0x61),
  ];
}

const kept = [];
function attempt(input) {
  try {
    check(input);
  } catch (error) {
    console.error(`Found by seed ${values.seed}: ${Buffer.from(input).toString('hex')}\n${error.stack}`);
    process.exit(1);
  }
  if (isNew()) kept.push(input);
}

for (const seed of seeds()) attempt(seed);
const end = Date.now() + Number(values.seconds) * 1000;
let inputs = 0;
while (Date.now() < end) {
  attempt(changed(kept[random(kept.length)], kept[random(kept.length)]));
  inputs++;
}
console.log(`Coverage: ${inputs} inputs, ${kept.length} kept, ${reached.size} ways reached, nothing found`);
if (values.save)
  writeFileSync(CORPUS, `${kept.map((input) => Buffer.from(input).toString('hex')).join('\n')}\n`);
