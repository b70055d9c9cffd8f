import { expect, test } from 'vitest';
import { FrameParser, type FrameSink } from '../../src/protocol/frame-parser.js';
import { bytes, frame, hex } from '../support.js';

class Sink implements FrameSink {
  readonly told: string[] = [];
  stopAt: string | undefined;

  private tell(what: string): boolean {
    this.told.push(what);
    return this.stopAt === undefined || !what.startsWith(this.stopAt);
  }

  frameBegins(first: number, second: number): boolean {
    return this.tell(`begins ${first.toString(16)} ${(second >> 7).toString()}`);
  }

  frameLength(length: number): boolean {
    return this.tell(`length ${length}`);
  }

  framePayload(piece: Uint8Array, last: boolean): boolean {
    return this.tell(`payload ${hex(piece)}${last ? ' last' : ''}`);
  }
}

/** What is told of the frames, with the pieces of one payload joined. */
function joined(told: readonly string[]): string {
  return told
    .join('\n')
    .replace(/payload (\w*)\n(?=payload)/g, 'payload $1+')
    .replaceAll(/\+payload /g, '');
}

const FRAMES = bytes(
  `${hex(frame(0x81, 'Hello', 0x3d21fa37))}8900${hex(frame(0x02, 'x'.repeat(130), 0x01020304))}8a0161${hex(frame(0x80, ''))}`,
);

test('frames come out the same wherever the bytes are cut', () => {
  const whole = new Sink();
  new FrameParser(whole).parse(Uint8Array.from(FRAMES), 0);
  expect(whole.told.slice(0, 3)).toEqual(['begins 81 1', 'length 5', 'payload 48656c6c6f last']);
  for (let step = 1; step < 20; step++) {
    const cut = new Sink();
    const parser = new FrameParser(cut);
    for (let at = 0; at < FRAMES.length; at += step)
      parser.parse(Uint8Array.from(FRAMES.subarray(at, at + step)), 0);
    expect(joined(cut.told)).toBe(joined(whole.told));
  }
});

test('the first two bytes are told before the rest of the header has come', () => {
  const sink = new Sink();
  new FrameParser(sink).parse(bytes('85ff'), 0);
  expect(sink.told).toEqual(['begins 85 1']);
});

test('it stops where the sink says, and says where that was', () => {
  const content = bytes('8101618101628101 63');
  const sink = new Sink();
  sink.stopAt = 'payload 62';
  const parser = new FrameParser(sink);
  expect(parser.parse(content, 0)).toBe(6);
  sink.stopAt = undefined;
  expect(parser.parse(content, 6)).toBe(9);
  expect(sink.told.filter((line) => line.startsWith('payload'))).toEqual([
    'payload 61 last',
    'payload 62 last',
    'payload 63 last',
  ]);
});

test('it tells how much of a payload is missing', () => {
  const parser = new FrameParser(new Sink());
  parser.parse(bytes('820a0102'), 0);
  expect(parser.missing).toBe(8);
  parser.parse(bytes('0304050607080910'), 0);
  expect(parser.missing).toBe(0);
});
