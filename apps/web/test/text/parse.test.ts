import { describe, expect, test } from 'vitest';
import { parseText } from '../../src/text/parse.js';

const text = (written: string) => ({ kind: 'text', text: written });
const link = (written: string, href = written) => ({ kind: 'link', text: written, href });

describe('links', () => {
  test.each([
    ['see https://example.com/a.', [text('see '), link('https://example.com/a'), text('.')]],
    ['(https://example.com/a_(b))', [text('('), link('https://example.com/a_(b)'), text(')')]],
    ['HTTPS://EXAMPLE.com', [link('HTTPS://EXAMPLE.com', 'https://example.com/')]],
    [
      '看 https://example.com/路径，很好',
      [
        text('看 '),
        link('https://example.com/路径', 'https://example.com/%E8%B7%AF%E5%BE%84'),
        text('，很好'),
      ],
    ],
    ['https://a.test/?x=1&y=2!', [link('https://a.test/?x=1&y=2'), text('!')]],
    ['http://', [text('http://')]],
  ])('%s', (written, pieces) => {
    expect(parseText(written)).toEqual(pieces);
  });

  test.each([
    'javascript:alert(1)',
    'data:text/html,<b>x</b>',
    'ftp://example.com',
    '<img src=x onerror=alert(1)>',
  ])('%s stays text', (written) => {
    expect(parseText(written)).toEqual([text(written)]);
  });

  test('a link never holds what could end an attribute', () => {
    const [piece] = parseText('https://example.com/"onmouseover="alert(1)');
    expect(piece).toEqual(link('https://example.com/'));
  });
});

describe('code', () => {
  test.each([
    ['run `npm start` now', [text('run '), { kind: 'code', text: 'npm start' }, text(' now')]],
    ['`https://example.com`', [{ kind: 'code', text: 'https://example.com' }]],
    ['a ` b', [text('a ` b')]],
    ['a `b\nc` d', [text('a `b\nc` d')]],
    ['``', [text('``')]],
    ['```ts\nlet x = 1;\n```\nafter', [{ kind: 'block', text: 'let x = 1;' }, text('after')]],
    ['```no end', [text('```no end')]],
  ])('%j', (written, pieces) => {
    expect(parseText(written)).toEqual(pieces);
  });
});

test('white space and line breaks are kept as they are', () => {
  expect(parseText('  a\n\n  b ')).toEqual([text('  a\n\n  b ')]);
});

test('nothing is lost or added, whatever is written', () => {
  const units = ['`', '```', 'https://a.b', '(', ')', '.', ' ', '\n', '，', 'x', '<', '"'];
  let seed = 7;
  const pick = (): string => {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff;
    return units[seed % units.length]!;
  };
  for (let round = 0; round < 500; round++) {
    const written = Array.from({ length: 12 }, pick).join('');
    const shown = parseText(written).map((piece) => piece.text);
    const letters = (of: string): string => of.replaceAll(/[`\s]/g, '');
    expect(letters(shown.join(''))).toBe(letters(written));
  }
});

test('a long run of what begins something takes linear time', () => {
  // The processor's time: the machine may do other things too.
  const before = process.cpuUsage();
  parseText('`'.repeat(60_000));
  parseText('` '.repeat(30_000));
  parseText('https://('.repeat(7_000));
  parseText('```\n'.repeat(15_000));
  expect(process.cpuUsage(before).user).toBeLessThan(2_000_000);
});
