/**
 * Who is measured: every column of the table is a server script under `peers/` and the program that runs it.
 * Adding a peer is one entry here and one script that speaks the small protocol of `peers/host.mjs`.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * @typedef {object} Peer
 * @property {string} id      short and stable; the key in the JSON results
 * @property {string} title   the column's head
 * @property {string} program path of the executable
 * @property {string[]} flags  what the executable wants before the script
 * @property {string} script  path of the server script
 * @property {string} [client] path of the script that is measured as clients
 * @property {string} [baseline] id of the peer that this one's ratio is taken against
 * @property {boolean} [raw]   answers with the bytes it was sent, masked as they were
 * @property {readonly string[]} modes the kinds of server that the script can be
 * @property {'session' | 'socket.io' | 'plain'} [speaks] what a client of a chat says to it
 */

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));

// The load may be run by Bun; the servers' Node is the one that the benchmark was started with, which says so.
const node = process.env.BENCH_NODE ?? process.execPath;
const node24 = here('../node_modules/node24-linux-x64/bin/node');
/** Also what runs the load, where it is there. */
export const bun = here('../node_modules/bun-linux-x64/bin/bun');
const all = [
  'echo',
  'text',
  'reused',
  'compressed',
  'compressed-both',
  'groups',
  'broadcast-1',
  'broadcast-3',
  'broadcast-20',
  'secure-echo',
  'secure-broadcast-1',
  'client',
];
const major = process.versions.node.split('.')[0];

/**
 * Engines: what stands between a socket and messages.
 * @type {Peer[]}
 */
export const engines = [
  {
    id: 'ours',
    title: `Fullduplex, Node ${major}`,
    program: node,
    flags: ['--expose-gc'],
    script: here('fullduplex.mjs'),
    client: here('fullduplex-client.mjs'),
    baseline: 'ws',
    modes: all,
  },
  {
    id: 'ws',
    title: `ws, Node ${major}`,
    program: node,
    flags: ['--expose-gc'],
    script: here('ws.mjs'),
    client: here('ws-client.mjs'),
    baseline: 'ws',
    modes: all,
  },
  {
    id: 'ours24',
    title: 'Fullduplex, Node 24',
    program: node24,
    flags: ['--expose-gc'],
    script: here('fullduplex.mjs'),
    client: here('fullduplex-client.mjs'),
    baseline: 'ws24',
    modes: all,
  },
  {
    id: 'ws24',
    title: 'ws, Node 24',
    program: node24,
    flags: ['--expose-gc'],
    script: here('ws.mjs'),
    client: here('ws-client.mjs'),
    baseline: 'ws24',
    modes: all,
  },
  {
    id: 'bun',
    title: 'Bun',
    program: bun,
    flags: [],
    script: here('bun.mjs'),
    client: here('bun-client.mjs'),
    baseline: 'ws',
    modes: all,
  },
  {
    id: 'net',
    title: `bare net, Node ${major}`,
    program: node,
    flags: ['--expose-gc'],
    script: here('net.mjs'),
    baseline: 'ws',
    raw: true,
    modes: ['echo'],
  },
];

/**
 * Whole servers: what stands between a message and everyone who reads it.
 * @type {Peer[]}
 */
export const servers = [
  {
    id: 'fullduplex',
    title: 'Fullduplex, durable',
    program: node,
    flags: ['--expose-gc'],
    script: here('server.mjs'),
    baseline: 'socket.io',
    speaks: 'session',
    modes: ['chat', 'chats', 'sessions', 'polls'],
  },
  {
    id: 'socket.io',
    title: 'Socket.IO, no log',
    program: node,
    flags: ['--expose-gc'],
    script: here('socket-io.mjs'),
    baseline: 'socket.io',
    speaks: 'socket.io',
    modes: ['chat', 'chats', 'sessions'],
  },
  {
    id: 'ws-loop',
    title: 'a loop over ws, no log',
    program: node,
    flags: ['--expose-gc'],
    script: here('ws.mjs'),
    baseline: 'socket.io',
    speaks: 'plain',
    modes: ['chat'],
  },
];

/** The peers whose program is on this machine. Bun and the second Node are optional and for Linux on x64. */
export const present = (/** @type {Peer[]} */ peers) => peers.filter((peer) => existsSync(peer.program));
