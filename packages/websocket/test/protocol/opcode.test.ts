import { expect, test } from 'vitest';
import { isControl, OPCODE } from '../../src/protocol/opcode.js';

test('the control frames are those whose highest opcode bit is set', () => {
  const control = Object.values(OPCODE).filter(isControl);
  expect(control).toEqual([OPCODE.close, OPCODE.ping, OPCODE.pong]);
});
