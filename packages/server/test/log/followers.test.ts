import { expect, onTestFinished, test } from 'vitest';
import { Followers } from '../../src/log/followers.js';
import { offsetsOf, stored } from './fixtures.js';

test('tells those of the channel, with the epoch, and nobody else', () => {
  const followers = new Followers();
  const told: unknown[] = [];
  followers.add('room:a', (records, epoch) => told.push([offsetsOf(records), epoch]));
  followers.add('room:b', () => told.push('b'));
  followers.tell('room:a', stored(3, 4), 'e');
  followers.tell('room:c', stored(1, 1), 'e');
  expect(told).toEqual([[[3, 4], 'e']]);
});

test('forgets the channel with its last listener', () => {
  const followers = new Followers();
  const listener = () => {};
  const stops = [followers.add('room:a', listener), followers.add('room:a', listener)];
  stops[0]?.();
  stops[0]?.();
  expect(followers.has('room:a')).toBe(true);
  stops[1]?.();
  expect(followers.has('room:a')).toBe(false);
  const stop = followers.add('room:a', listener);
  followers.clear();
  stop();
  expect(followers.has('room:a')).toBe(false);
});

test('lets a listener stop itself, or another, while it is told', () => {
  const followers = new Followers();
  const told: string[] = [];
  const stopFirst = followers.add('room:a', () => {
    told.push('first');
    stopFirst();
    stopSecond();
  });
  const stopSecond = followers.add('room:a', () => told.push('second'));
  followers.add('room:a', () => told.push('third'));
  followers.tell('room:a', stored(1, 1), 'e');
  expect(told).toEqual(['first', 'third']);
});

test('tells nobody of what was there before they began to follow', () => {
  const followers = new Followers();
  const told: string[] = [];
  followers.add('room:a', () => {
    told.push('first');
    followers.add('room:a', () => told.push('late'));
  });
  followers.tell('room:a', stored(1, 1), 'e');
  expect(told).toEqual(['first']);
});

test('tells the others when one throws, and lets its error surface', async () => {
  const listeners = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  onTestFinished(() => {
    process.removeAllListeners('uncaughtException');
    for (const listener of listeners) process.on('uncaughtException', listener);
  });
  const surfaced = new Promise((resolve) => process.once('uncaughtException', resolve));
  const followers = new Followers();
  const told: string[] = [];
  const mistake = new Error('a mistake');
  followers.add('room:a', () => {
    throw mistake;
  });
  followers.add('room:a', () => told.push('told'));
  followers.tell('room:a', stored(1, 1), 'e');
  expect(told).toEqual(['told']);
  expect(await surfaced).toBe(mistake);
});
