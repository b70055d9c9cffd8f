/**
 * What a server does depends on nothing but what it is handed: clock, timers, randomness, network and storage come from
 * outside, so that the whole of it can run from one seed. This walks imports and globals of the rooms that promise it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parseAst } from 'vitest/node';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const SERVER = 'packages/server/src';

const ROOMS = ['log', 'broker', 'delivery', 'chat', 'presence', 'session', 'time'];

/** Where the outside begins: it is handed in by who puts a server together, and others may import its types alone. */
const EDGES: readonly { readonly path: string; readonly why: string }[] = [
  { path: 'log/sqlite', why: 'a storage: files, and threads that wait for the disk' },
  { path: 'log/postgres', why: 'a storage: sockets, and timers to connect again' },
  { path: 'broker/postgres', why: 'a network: sockets, and timers to connect again' },
  { path: 'broker/redis', why: 'a network: sockets, and timers to connect again' },
  { path: 'time/clock.ts', why: "the machine's clock and timers, for who hands them in" },
];

/** Packages that neither wait nor draw, nor look at the machine; of some only what is named. */
const PURE: Readonly<Record<string, readonly string[] | undefined>> = {
  '@fullduplex/wire': undefined,
  zod: undefined,
  'node:buffer': undefined,
  'node:util': undefined,
  'node:crypto': ['createHash', 'createHmac', 'timingSafeEqual'],
};

const GLOBALS = new Set(
  'setTimeout setInterval setImmediate performance crypto process fetch WebSocket globalThis global require'.split(
    ' ',
  ),
);

const MEMBERS = new Set(['Date.now', 'Math.random', 'AbortSignal.timeout', 'Atomics.wait']);

/** A node of the syntax tree, of which only what is looked at is known. */
interface Syntax {
  readonly type: string;
  readonly start: number;
  readonly [key: string]: unknown;
}

function isSyntax(value: unknown): value is Syntax {
  return typeof value === 'object' && value !== null && typeof (value as Syntax).type === 'string';
}

function part(node: Syntax, key: string): unknown {
  return node[key];
}

function nameOf(value: unknown): string | undefined {
  if (!isSyntax(value)) return undefined;
  if (value.type === 'Identifier') return part(value, 'name') as string;
  return value.type === 'Literal' ? String(part(value, 'value')) : undefined;
}

/** Every use of a value, with where it stands; types and mere names of properties are passed over. */
function* uses(node: Syntax): Generator<{ readonly what: string; readonly start: number }> {
  const { type, start } = node;
  if (type === 'ImportDeclaration' || type === 'ExportNamedDeclaration' || type === 'ExportAllDeclaration') {
    yield* imported(node);
  }
  if (type === 'ImportExpression') {
    yield { what: `import ${nameOf(part(node, 'source')) ?? 'of what is computed'}`, start };
  }
  if (type === 'Identifier') yield { what: part(node, 'name') as string, start };
  if (type === 'MemberExpression') {
    yield { what: `${nameOf(part(node, 'object'))}.${nameOf(part(node, 'property'))}`, start };
  }
  if (isNow(node)) yield { what: 'Date.now', start };
  for (const [key, value] of Object.entries(node)) {
    if (isNameOnly(node, key)) continue;
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isSyntax(child) && !isType(child)) yield* uses(child);
    }
  }
}

/** `Date()`, and `new Date()` of nothing. */
function isNow(node: Syntax): boolean {
  if (nameOf(part(node, 'callee')) !== 'Date') return false;
  const given = (part(node, 'arguments') as readonly unknown[]).length;
  return node.type === 'CallExpression' || (node.type === 'NewExpression' && given === 0);
}

function isNameOnly(node: Syntax, key: string): boolean {
  if (part(node, 'computed') === true) return false;
  if (node.type === 'MemberExpression') return key === 'property';
  if (key === 'key') return true;
  return node.type.startsWith('Import') || node.type.startsWith('Export') ? key !== 'declaration' : false;
}

/** What TypeScript erases; what it keeps has an expression in it, or is a parameter. */
function isType(node: Syntax): boolean {
  return node.type.startsWith('TS') && !('expression' in node) && !('parameter' in node);
}

function* imported(node: Syntax): Generator<{ readonly what: string; readonly start: number }> {
  const kind = part(node, 'importKind') ?? part(node, 'exportKind');
  if (!isSyntax(part(node, 'source')) || kind === 'type') return;
  const source = nameOf(part(node, 'source'));
  const specifiers = (part(node, 'specifiers') ?? []) as readonly Syntax[];
  const names = specifiers.filter((it) => (part(it, 'importKind') ?? part(it, 'exportKind')) !== 'type');
  if (specifiers.length > 0 && names.length === 0) return;
  const named = names.map((it) => (isWhole(it) ? '*' : nameOf(part(it, 'imported') ?? part(it, 'local'))));
  for (const name of named.length === 0 ? ['*'] : named) {
    yield { what: `import ${source} ${name}`, start: node.start };
  }
}

/** The module as one: by its default, or by its namespace. */
function isWhole({ type }: Syntax): boolean {
  return type === 'ImportDefaultSpecifier' || type === 'ImportNamespaceSpecifier';
}

/** Why the import may not be; undefined when it may. */
function importComplaint(file: string, specifier: string, name: string): string | undefined {
  if (specifier.startsWith('.')) {
    const path = relative(join(root, SERVER), resolve(root, dirname(file), specifier)).replace(
      /\.js$/,
      '.ts',
    );
    const edge = EDGES.find((it) => isWithin(path, it.path));
    return edge === undefined ? undefined : `${name} of ${path} (${edge.why})`;
  }
  const pure = specifier in PURE && (PURE[specifier]?.includes(name) ?? true);
  return pure ? undefined : `${name} of ${specifier}`;
}

/** What the text of a file uses that is to be handed in, with lines. */
function complaints(file: string, text: string): string[] {
  const program = parseAst(text, { lang: 'ts' }) as unknown as Syntax;
  const found = [...uses(program)].flatMap(({ what, start }) => {
    const line = text.slice(0, start).split('\n').length;
    const [, specifier, name] = /^import (\S+) ?(.*)$/.exec(what) ?? [];
    const complaint =
      specifier === undefined
        ? GLOBALS.has(what) || MEMBERS.has(what)
          ? what
          : undefined
        : importComplaint(file, specifier, name ?? '');
    return complaint === undefined ? [] : [`${file}:${line} uses ${complaint}`];
  });
  return [...new Set(found)];
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`) || path.startsWith(`${folder}-`);
}

function sources(room: string): string[] {
  return readdirSync(join(root, SERVER), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(join(root, SERVER), join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .filter((path) => isWithin(path, room) && !EDGES.some((edge) => isWithin(path, edge.path)));
}

describe('clock, timers, randomness, network and storage are handed in', () => {
  test.each(ROOMS)('to %s', (room) => {
    const found = sources(room).flatMap((path) => {
      const file = `${SERVER}/${path}`;
      return complaints(file, readFileSync(join(root, file), 'utf8'));
    });
    expect(found).toEqual([]);
  });

  test('the rooms are there to be walked', () => {
    expect(sources('log').length).toBeGreaterThan(10);
    expect(sources('chat').length).toBeGreaterThan(10);
    expect(sources('log').filter((path) => path.startsWith('log/sqlite'))).toEqual([]);
  });
});

describe('what is not handed in is found', () => {
  const found = (text: string): string[] =>
    complaints(`${SERVER}/chat/x.ts`, text).map((line) => line.replace(/^.* uses /, ''));

  test.each([
    ['const now = Date.now();', ['Date.now']],
    ['function f(now = Date.now) { return now; }', ['Date.now']],
    ['const time = new Date();', ['Date.now']],
    ['const time = Date();', ['Date.now']],
    ['setTimeout(() => {}, 1);', ['setTimeout']],
    ['const later = options.defer ?? setImmediate;', ['setImmediate']],
    ['const later = { setImmediate };', ['setImmediate']],
    ['const tick = globalThis["setInterval"];', ['globalThis']],
    ['const at = performance.now() as number;', ['performance']],
    ['const draw = Math.random;', ['Math.random']],
    ['const draw = Math["random"]();', ['Math.random']],
    ['const id = crypto.randomUUID();', ['crypto']],
    ['class A { #now = process.env; }', ['process']],
    [`const x = \`\${process.pid}\`;`, ['process']],
    ["import * as createHash from 'node:crypto';", ['* of node:crypto']],
    ['const stop = AbortSignal.timeout(5);', ['AbortSignal.timeout']],
    ["import { randomUUID } from 'node:crypto';", ['randomUUID of node:crypto']],
    ["import * as crypto from 'node:crypto';", ['* of node:crypto']],
    ["import crypto from 'node:crypto';", ['* of node:crypto']],
    ["import net from 'node:net';", ['* of node:net']],
    ["import 'node:http';", ['* of node:http']],
    ["import { setTimeout as sleep } from 'node:timers/promises';", ['setTimeout of node:timers/promises']],
    ["import { readFile } from 'node:fs/promises';", ['readFile of node:fs/promises']],
    ["export { readFile } from 'node:fs/promises';", ['readFile of node:fs/promises']],
    ["const fs = await import('node:fs');", [' of node:fs']],
    ["import postgres from 'postgres';", ['* of postgres']],
  ])('%s', (text, expected) => {
    expect(found(text).map((line) => line.replace(/ \(.*\)$/, ''))).toEqual(expected);
  });

  test('an edge that is imported for more than its types is found', () => {
    expect(found("import { systemClock } from '../time/clock.js';")).toEqual([
      "systemClock of time/clock.ts (the machine's clock and timers, for who hands them in)",
    ]);
    expect(found("import { SqliteStorage } from '../log/sqlite/storage.js';")).toHaveLength(1);
  });

  test.each([
    "import type { Clock } from '../time/clock.js';",
    "import { type Clock } from '../time/clock.js';",
    "import type { Socket } from 'node:net';",
    "import { createHash } from 'node:crypto';",
    "import { z } from 'zod';",
    "import { planRead } from './read-plan.js';",
    'const at = new Date(clock.now()).toISOString();',
    'const o = { process: 1, setTimeout() {} }; o.process; clock.setTimeout();',
    'interface A { performance: number; process(): typeof setTimeout }',
    'type B = typeof process;',
    '// Date.now()\nconst text = "Math.random()";',
    'queueMicrotask(() => {});',
  ])('and nothing else: %s', (text) => {
    expect(found(text)).toEqual([]);
  });
});
