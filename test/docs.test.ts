/** What the documents list and what the code has are the same list. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { COMMANDS } from '../packages/wire/src/commands.js';
import { DISCONNECTS } from '../packages/wire/src/disconnect.js';
import { ERRORS } from '../packages/wire/src/errors.js';

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

test('docs/errors.md has a heading for every error, in their order, with its number and status', () => {
  const sections = [...read('docs/errors.md').matchAll(/^### `(\w+)`\n(\d+), HTTP (\d+)(, retryable)?/gm)];
  const documented = sections.map(([, name, code, status, retryable]) => [
    name,
    { code: Number(code), status: Number(status), retryable: retryable !== undefined },
  ]);
  expect(documented).toEqual(Object.entries(ERRORS));
});

test('docs/wire-protocol.md names every command', () => {
  const document = read('docs/wire-protocol.md');
  const table = document.slice(document.indexOf('## Commands'), document.indexOf('## Publications'));
  const documented = [...table.matchAll(/^\| `([\w.]+)`/gm)].map((match) => match[1]);
  expect(documented).toEqual(Object.keys(COMMANDS));
});

test('docs/wire-protocol.md names every disconnect code', () => {
  const documented = [
    ...read('docs/wire-protocol.md').matchAll(/^\| (3\d{3}) \| ([^|:]+?)(?::[^|]*)? \|$/gm),
  ];
  expect(documented.map(([, code, reason]) => ({ code: Number(code), reason }))).toEqual(
    Object.values(DISCONNECTS),
  );
});
