import { expect, test } from 'vitest';
import { CLOSE, isSendableCloseCode } from '../../src/protocol/close-code.js';

test.each([1000, 1001, 1002, 1003, 1007, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999])(
  '%i may be sent',
  (code) => {
    expect(isSendableCloseCode(code)).toBe(true);
  },
);

test.each([0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535])(
  '%i must not be sent',
  (code) => {
    expect(isSendableCloseCode(code)).toBe(false);
  },
);

test('of the named codes only two stand for what was never sent', () => {
  const unsendable = Object.entries(CLOSE).filter(([, code]) => !isSendableCloseCode(code));
  expect(unsendable.map(([name]) => name)).toEqual(['noStatus', 'abnormal']);
});
