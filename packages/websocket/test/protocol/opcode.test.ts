import { expect, test } from 'vitest';
import { FIN, isControl, MASK, OPCODE, RSV1, RSV2, RSV3 } from '../../src/protocol/opcode.js';

test('the control frames are those whose highest opcode bit is set', () => {
  const control = Object.values(OPCODE).filter(isControl);
  expect(control).toEqual([OPCODE.close, OPCODE.ping, OPCODE.pong]);
});

test('the bits of the first byte and its opcode do not overlap', () => {
  expect(FIN | RSV1 | RSV2 | RSV3).toBe(0xf0);
  expect(MASK).toBe(0x80);
});
