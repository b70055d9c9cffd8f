import { describe, expect, test } from 'vitest';
import { TimeFormat } from '../../src/i18n/time.js';

const words = { justNow: 'just now', today: 'Today', yesterday: 'Yesterday' };
const at = (text: string): number => Date.parse(text);
const now = at('2026-11-20T12:00:00Z');
const english = new TimeFormat('en-GB', words, 'UTC');

describe('a moment', () => {
  test.each([
    ['2026-11-20T12:00:00Z', 'just now'],
    ['2026-11-20T11:59:01Z', 'just now'],
    ['2026-11-20T11:59:00Z', '1 min ago'],
    ['2026-11-20T11:00:01Z', '59 min ago'],
    ['2026-11-20T11:00:00Z', '11:00'],
    ['2026-11-18T09:05:00Z', '09:05'],
    ['2026-11-20T12:00:20Z', 'just now'],
  ])('%s reads %s', (time, said) => {
    expect(english.moment(at(time), now)).toBe(said);
  });

  test('is said in the reader’s locale', () => {
    const chinese = new TimeFormat(
      'zh-CN',
      { justNow: '刚刚', today: '今天', yesterday: '昨天' },
      'Asia/Shanghai',
    );
    expect(chinese.moment(at('2026-11-20T11:55:00Z'), now)).toBe('5分钟前');
    expect(chinese.moment(at('2026-11-20T10:30:00Z'), now)).toBe('18:30');
    expect(chinese.names(['小明', 'Ada', '陈'])).toBe('小明、Ada和陈');
  });
});

describe('days', () => {
  test('are told apart in the reader’s time zone', () => {
    const tokyo = new TimeFormat('en-GB', words, 'Asia/Tokyo');
    expect(english.dayKey(at('2026-11-20T20:00:00Z'))).toBe('2026-11-20');
    expect(tokyo.dayKey(at('2026-11-20T20:00:00Z'))).toBe('2026-11-21');
  });

  test.each([
    ['2026-11-20T00:00:00Z', 'Today'],
    ['2026-11-19T23:59:59Z', 'Yesterday'],
    ['2026-11-16T12:00:00Z', 'Monday 16 November'],
    ['2025-11-16T12:00:00Z', '16 November 2025'],
  ])('%s is called %s', (time, called) => {
    expect(english.day(at(time), now)).toBe(called);
  });
});

test('a wait is at least a second', () => {
  expect(english.wait(0)).toBe('in 1 sec');
  expect(english.wait(4200)).toBe('in 5 sec');
});
