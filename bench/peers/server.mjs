/**
 * The whole Fullduplex server with its durable log on a disk, as built in `packages/server/dist`. Only limits that
 * would slow the load are raised: what one session may say in a second, and how often idle ones are asked for a sign.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createServer } from '../../packages/server/dist/index.js';
import { serving } from './host.mjs';

const dataDir = mkdtempSync(fileURLToPath(new URL('../results/data-', import.meta.url)));
process.on('exit', () => rmSync(dataDir, { recursive: true, force: true }));

const server = createServer({
  port: 0,
  dataDir,
  limits: { commandsPerSecond: 1_000_000, pendingCommands: 10_000 },
  timing: { pingInterval: 600 },
});
const { port } = await server.listen();
serving(port);
