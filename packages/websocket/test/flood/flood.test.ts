/**
 * What a stranger can make the server hold, measured in a process of its own after garbage was collected. Each bound
 * is a few times what is held today, and far below what a flood that works would reach. Beside each stands what `ws`
 * 8.23 held under the same flood; `npm run bench -- --only floods` measures all of them anew.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

interface Told {
  /** Bytes held beyond what was held before, or for each connection where the flood is one of connections. */
  readonly held: number;
  /** Whether a connection opened afterwards is served. */
  readonly serves: boolean;
  readonly open: number;
  readonly messages: number;
  readonly closeCode?: number | string;
  readonly statuses?: string;
}

const runner = fileURLToPath(new URL('run.mjs', import.meta.url));

const flood = async (name: string): Promise<Told> => {
  const child = spawn(process.execPath, [runner, name], { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  const [status] = (await once(child, 'close')) as [number | null];
  expect(status).toBe(0);
  return JSON.parse(out) as Told;
};

const kB = 1000;
const MB = 1000 * kB;

interface Bound {
  readonly name: string;
  readonly most: number;
  /** What `ws` held, and how it got off. */
  readonly ws: string;
  readonly also?: (told: Told) => void;
}

const refused = ({ statuses }: Told): void => {
  // 0 is a connection that was closed before the answer could be read.
  for (const status of (statuses ?? '').split(',')) expect(['400', '431', '0']).toContain(status);
};

const bounds: Bound[] = [
  {
    name: 'tiny fragments',
    most: 2.5 * MB,
    ws: '34.1 MB without its cap by count; closes with 1008 by the cap',
  },
  {
    name: 'empty fragments',
    most: 1 * MB,
    ws: '238 kB without its cap by count; closes with 1008 by the cap',
  },
  { name: 'tiny chunks', most: 1 * MB, ws: '264 kB' },
  { name: 'announced and not sent', most: 3 * kB, ws: '647 B' },
  {
    name: 'decompression bomb',
    most: 60 * MB,
    ws: '22.9 MB, of which a message of 200 MiB is none either',
    also: ({ closeCode, open }) => {
      expect(closeCode).toBe('1009');
      expect(open).toBe(0);
    },
  },
  { name: 'many headers', most: 2 * MB, ws: '230 kB; 8.17.0 crashed', also: refused },
  { name: 'long headers', most: 2 * MB, ws: '72 kB', also: refused },
  { name: 'hostile extensions', most: 2 * MB, ws: '218 kB', also: refused },
  { name: 'pending handshakes', most: 8 * kB, ws: '2.6 kB' },
  { name: 'pings and no reading', most: 2 * MB, ws: '86 kB, and the connection is lost' },
  {
    name: 'sends that nobody reads',
    most: 130 * MB,
    ws: '421 MB: all that was sent',
    also: ({ open }) => expect(open).toBe(0),
  },
  {
    name: 'handshakes that nobody decides',
    most: 8 * kB,
    ws: '1.5 kB, for as long as the client likes: there is no limit in time',
    also: ({ statuses }) => expect(statuses).toBe('503'),
  },
  { name: 'messages that nobody takes', most: 2 * MB, ws: '304 kB, and the messages are lost' },
  {
    name: 'messages before a listener',
    most: 2 * MB,
    ws: 'none of the 20,000 messages is heard',
    also: ({ messages }) => expect(messages).toBe(20_000),
  },
  { name: 'contexts of compression', most: 60 * kB, ws: '271 kB' },
];

describe('under a flood', () => {
  test.concurrent.each(bounds)(
    'of $name it holds little and goes on serving',
    async ({ name, most, also }) => {
      const told = await flood(name);
      expect(told.held).toBeLessThan(most);
      expect(told.serves).toBe(true);
      also?.(told);
    },
  );
});
