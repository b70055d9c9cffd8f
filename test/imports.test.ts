/** Imports go down only: the table of floors in docs/architecture.md, checked against every import there is. */
import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

interface Room {
  /** Path from the root; the longest that fits a file is the file's room. */
  readonly path: string;
  readonly floor: number;
  /** Rooms it may import from, besides itself. */
  readonly knows: readonly string[];
}

const SERVER = 'packages/server/src';
const PROTOCOL = 'packages/websocket/src/protocol';
const WIRE = 'packages/wire/src';

const BROKER = `${SERVER}/broker/broker.ts`;

/** Time and the broker's contract: what rooms that are otherwise strangers may all know. */
const SEAMS = ['broker/broker.ts', 'time'];

/** What rooms above may know of those whose inside is not theirs to know. */
const CONTRACTS = ['delivery/memberships.ts', 'log/log.ts', 'log/epochs.ts', ...SEAMS];

const rooms: readonly Room[] = [
  {
    path: 'packages/cli/src',
    floor: 5,
    knows: ['packages/client/src', 'packages/websocket/src', PROTOCOL, WIRE],
  },
  {
    path: 'packages/cli/src/serve.ts',
    floor: 5,
    knows: [SERVER, 'packages/cli/src', WIRE],
  },
  { path: 'apps/web/src', floor: 5, knows: ['packages/client/src', PROTOCOL, WIRE] },
  {
    path: SERVER,
    floor: 4,
    knows: [
      ...['transport', 'http', 'session', 'chat', 'delivery', 'presence', 'log', 'broker', 'time'].map(
        (it) => `${SERVER}/${it}`,
      ),
      'packages/websocket/src',
      WIRE,
    ],
  },
  ...['transport', 'http'].map((name) => ({
    path: `${SERVER}/${name}`,
    floor: 4,
    knows: [
      SERVER,
      `${SERVER}/transport`,
      `${SERVER}/http`,
      ...['session', 'chat', 'delivery', 'presence', ...CONTRACTS].map((it) => `${SERVER}/${it}`),
      'packages/websocket/src',
      WIRE,
    ],
  })),
  {
    path: `${SERVER}/session`,
    floor: 3,
    knows: [...['chat', 'delivery', 'presence', ...CONTRACTS].map((it) => `${SERVER}/${it}`), WIRE],
  },
  {
    path: `${SERVER}/chat`,
    floor: 2,
    knows: [...['delivery/memberships.ts', 'log/log.ts', ...SEAMS].map((it) => `${SERVER}/${it}`), WIRE],
  },
  {
    path: `${SERVER}/delivery`,
    floor: 2,
    knows: [...['log/log.ts', 'log/epochs.ts', ...SEAMS].map((it) => `${SERVER}/${it}`), WIRE],
  },
  { path: `${SERVER}/delivery/memberships.ts`, floor: 2, knows: [] },
  { path: `${SERVER}/presence`, floor: 2, knows: [...SEAMS.map((it) => `${SERVER}/${it}`), WIRE] },
  { path: `${SERVER}/log`, floor: 2, knows: [`${SERVER}/time`, WIRE] },
  { path: `${SERVER}/broker`, floor: 2, knows: [BROKER, `${SERVER}/log/postgres`, `${SERVER}/time`, WIRE] },
  { path: BROKER, floor: 2, knows: [] },
  {
    path: `${SERVER}/log/postgres`,
    floor: 2,
    knows: [...['log', 'log/log.ts', 'time'].map((it) => `${SERVER}/${it}`), WIRE],
  },
  { path: `${SERVER}/time`, floor: 0, knows: [] },
  { path: `${SERVER}/log/log.ts`, floor: 2, knows: [WIRE] },
  { path: `${SERVER}/log/epochs.ts`, floor: 2, knows: [`${SERVER}/log/log.ts`] },
  { path: 'packages/client/src', floor: 2, knows: [WIRE] },
  { path: 'packages/websocket/src', floor: 1, knows: ['packages/websocket/src/node', PROTOCOL] },
  { path: 'packages/websocket/src/node', floor: 1, knows: [PROTOCOL] },
  { path: PROTOCOL, floor: 0, knows: [] },
  { path: WIRE, floor: 0, knows: [] },
];

/** Rooms that run in a browser too, and so may use nothing of Node. */
const WITHOUT_NODE = [PROTOCOL, WIRE, 'packages/client/src', 'apps/web/src'];

const packages: Readonly<Record<string, string>> = {
  '@fullduplex/wire': `${WIRE}/index.ts`,
  '@fullduplex/websocket': 'packages/websocket/src/index.ts',
  '@fullduplex/websocket/protocol': `${PROTOCOL}/index.ts`,
  '@fullduplex/server': `${SERVER}/index.ts`,
  '@fullduplex/client': 'packages/client/src/index.ts',
};

interface Import {
  readonly from: string;
  readonly specifier: string;
}

const IMPORT = /(?:\bfrom\s+|\bimport\s*\(\s*|^\s*import\s+)['"]([^'"]+)['"]/gm;

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(IMPORT)].map((match) => ({ from: file, specifier: match[1] ?? '' }));
}

/** The file of ours that an import means, or undefined when it is somebody else's package. */
function target({ from, specifier }: Import): string | undefined {
  if (specifier.startsWith('.')) {
    return relative(root, resolve(root, dirname(from), specifier))
      .replaceAll('\\', '/')
      .replace(/\.jsx?$/, '.ts');
  }
  if (specifier.startsWith('@fullduplex/')) return packages[specifier] ?? specifier;
  return undefined;
}

function roomOf(file: string): Room | undefined {
  return rooms
    .filter((room) => file === room.path || file.startsWith(`${room.path}/`))
    .sort((a, b) => b.path.length - a.path.length)[0];
}

/** What is wrong with an import, as a sentence; undefined when nothing is. */
function complaint(it: Import): string | undefined {
  const room = roomOf(it.from);
  if (room === undefined) return `${it.from} is in no room`;
  if (
    WITHOUT_NODE.includes(room.path) &&
    (it.specifier.startsWith('node:') || builtinModules.includes(it.specifier))
  ) {
    return `${it.from} runs in a browser too and imports ${it.specifier}`;
  }
  const file = target(it);
  if (file === undefined) {
    return room.path.startsWith('packages/websocket') && !it.specifier.startsWith('node:')
      ? `${it.from} imports ${it.specifier}: the engine has no dependencies`
      : undefined;
  }
  const other = roomOf(file);
  if (other === undefined) return `${it.from} imports ${it.specifier}, which is in no room`;
  const within = other.path.startsWith(`${room.path}/`);
  if (other === room || within || room.knows.includes(other.path)) return undefined;
  return `${it.from} (floor ${room.floor}) imports ${it.specifier} (${other.path}, floor ${other.floor})`;
}

const folders = [
  'packages/wire',
  'packages/websocket',
  'packages/server',
  'packages/client',
  'packages/cli',
  'apps/web',
];

describe('floors', () => {
  test.each(folders)('%s imports downwards only', (folder) => {
    const files = sources(`${folder}/src`);
    expect(files.length).toBeGreaterThan(0);
    expect(files.flatMap(importsOf).map(complaint).filter(Boolean)).toEqual([]);
  });

  test('no room may know one above it', () => {
    const floorOf = new Map(rooms.map((room) => [room.path, room.floor]));
    const upwards = rooms.flatMap((room) =>
      room.knows.filter((known) => (floorOf.get(known) ?? Number.POSITIVE_INFINITY) > room.floor),
    );
    expect(upwards).toEqual([]);
  });

  test.each([
    ['packages/wire/src/name.ts', 'node:fs'],
    ['packages/websocket/src/protocol/mask.ts', '../node/websocket.js'],
    ['packages/websocket/src/node/server.ts', 'ws'],
    [`${SERVER}/log/memory-log.ts`, '../chat/chat.js'],
    [`${SERVER}/chat/rooms.ts`, '../log/sqlite-log.js'],
    [`${SERVER}/delivery/hub.ts`, '@fullduplex/websocket'],
    ['packages/client/src/client.ts', '@fullduplex/server'],
    ['packages/cli/src/verify/run.ts', '@fullduplex/server'],
    ['apps/web/src/app.tsx', '@fullduplex/server'],
  ])('an import of the wrong kind is found: %s of %s', (from, specifier) => {
    expect(complaint({ from, specifier })).toContain(from);
  });
});
