/** What the documents list and what the code has are the same list. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { configSchema } from '../packages/server/src/config.js';
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

test('docs/operations.md lists every option of the server, in the order of the schema, with its default', () => {
  const options = read('docs/operations.md').split('## Options')[1]!.split('\n## ')[0]!;
  const documented = options.split('\n### ').flatMap((section) => {
    const group = /^`(\w+)`/.exec(section)?.[1];
    const rows = [...section.matchAll(/^\| `(\w+)` \| ([^|]+) \|/gm)];
    return rows.map(([, name, value]) => [group === undefined ? name : `${group}.${name}`, value]);
  });
  expect(documented).toEqual(optionsOf(configSchema));
});

/** Each option with its default as the document writes it. */
function optionsOf(schema: z.ZodObject, group?: string): [string, string][] {
  const defaults = schema.parse({});
  return Object.entries(schema.shape).flatMap(([name, option]): [string, string][] => {
    const inner = option instanceof z.ZodPrefault ? option.unwrap() : option;
    if (inner instanceof z.ZodObject) return optionsOf(inner, name);
    return [[group === undefined ? name : `${group}.${name}`, written(name, group, defaults[name])]];
  });
}

function written(name: string, group: string | undefined, value: unknown): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return 'none';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string') return `\`${value}\``;
  if (typeof value !== 'number') return JSON.stringify(value);
  if (group === 'timing') return `${value} s`;
  if (name.endsWith('Bytes') && value >= 2 ** 20) return `${value / 2 ** 20} MiB`;
  if (name.endsWith('Bytes') && value >= 2 ** 10) return `${value / 2 ** 10} KiB`;
  return group === undefined ? String(value) : value.toLocaleString('en');
}
