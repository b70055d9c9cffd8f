import { expect, test } from 'vitest';
import { membershipChange } from '../../src/session/membership.js';

test('joinings and leavings are told from all else that a feed has', () => {
  const change = (data: string) =>
    membershipChange({ channel: 'user:a', sender: 'a', data, offset: 1, time: 1 });
  expect(change('{"type":"joined","user":"a","channel":"room:x"}')).toEqual({
    type: 'joined',
    channel: 'room:x',
  });
  expect(change('{"type":"left","user":"a","channel":"room:x"}')).toEqual({
    type: 'left',
    channel: 'room:x',
  });
  expect(change('{"type":"read","channel":"room:x","offset":3}')).toBeUndefined();
  expect(change('{"type":"message","text":"\\"joined\\""}')).toBeUndefined();
  expect(change('{"type":"joined"}')).toBeUndefined();
  expect(change('"joined"')).toBeUndefined();
  expect(change('[null,"left"]')).toBeUndefined();
});
