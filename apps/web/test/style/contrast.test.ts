/** Contrast by WCAG 2.2, computed from the tokens: 4.5 for text, 3 for what must be made out, in both themes. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const css = readFileSync(new URL('../../src/style/tokens.css', import.meta.url), 'utf8');
const colours = new Map(
  [...css.matchAll(/--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);/g)].map(
    ([, name, light, dark]) => [name!, { light: light!, dark: dark! }],
  ),
);

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

function contrast(one: string, other: string, theme: 'light' | 'dark'): number {
  const [a, b] = [one, other].map((name) => luminance(colours.get(name)![theme]));
  return (Math.max(a!, b!) + 0.05) / (Math.min(a!, b!) + 0.05);
}

const PAPERS = ['paper', 'paper-side', 'paper-float', 'paper-hover'];

/** Ink, and every ground it stands on. */
const TEXT: readonly (readonly [string, readonly string[]])[] = [
  ['ink', [...PAPERS, 'paper-active', 'accent-wash']],
  ['ink-soft', [...PAPERS, 'paper-active']],
  ['ink-faint', PAPERS],
  ['accent', [...PAPERS, 'accent-wash']],
  ['on-accent', ['accent', 'accent-strong']],
  ['danger', [...PAPERS, 'danger-wash']],
  ['warn', ['paper', 'paper-side', 'warn-wash']],
  ...Array.from({ length: 8 }, (_, i) => [`tint-${i}-ink`, [`tint-${i}`]] as const),
];

/** Edges of controls, marks and dots. */
const MARKS: readonly (readonly [string, readonly string[]])[] = [
  ['line-control', ['paper', 'paper-side', 'paper-float']],
  ['accent', PAPERS],
  ['here', ['paper', 'paper-side', 'paper-float', 'paper-hover', 'paper-active']],
  ['away', ['paper', 'paper-side', 'paper-float']],
  ['warn', ['paper', 'warn-wash']],
  ['danger', ['paper', 'danger-wash']],
];

describe.each(['light', 'dark'] as const)('%s', (theme) => {
  test.each(TEXT.flatMap(([ink, grounds]) => grounds.map((ground) => [ink, ground] as const)))(
    '%s can be read on %s',
    (ink, ground) => {
      expect(contrast(ink, ground, theme)).toBeGreaterThanOrEqual(4.5);
    },
  );

  test.each(MARKS.flatMap(([mark, grounds]) => grounds.map((ground) => [mark, ground] as const)))(
    '%s can be made out on %s',
    (mark, ground) => {
      expect(contrast(mark, ground, theme)).toBeGreaterThanOrEqual(3);
    },
  );
});

test('no colour is written anywhere but in the tokens', () => {
  for (const file of [
    'base',
    'controls',
    'floating',
    'page',
    'sidebar',
    'conversation',
    'message',
    'composer',
    'details',
    'signin',
  ]) {
    const written = readFileSync(new URL(`../../src/style/${file}.css`, import.meta.url), 'utf8');
    expect(written.match(/#[0-9a-f]{3,8}\b|rgba?\(|hsla?\(|gradient\(/gi), file).toBeNull();
  }
});
