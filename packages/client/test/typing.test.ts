import { describe, expect, it } from 'vitest';
import { TypingNotices } from '../src/typing.js';
import { FakeClock } from './support/fake-clock.js';

function setUp() {
  const clock = new FakeClock();
  const said: string[] = [];
  const notices = new TypingNotices(clock, (channel, typing) => said.push(`${channel} ${typing}`));
  return { clock, said, notices };
}

describe('TypingNotices', () => {
  it('says it at most every three seconds, however often it is asked to', async () => {
    const { clock, said, notices } = setUp();
    for (let key = 0; key < 10; key += 1) {
      notices.set('room:a', true);
      await clock.advance(500);
    }
    expect(said).toEqual(['room:a true', 'room:a true']);
  });

  it('says at once that someone stopped, but only if it said that they began', () => {
    const { said, notices } = setUp();
    notices.set('room:a', false);
    notices.set('room:a', true);
    notices.set('room:a', false);
    notices.set('room:a', false);
    expect(said).toEqual(['room:a true', 'room:a false']);
  });

  it('keeps channels apart, and begins anew after a message', () => {
    const { said, notices } = setUp();
    notices.set('room:a', true);
    notices.set('room:b', true);
    notices.sent('room:a');
    notices.set('room:a', true);
    expect(said).toEqual(['room:a true', 'room:b true', 'room:a true']);
  });
});
