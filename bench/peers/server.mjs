/**
 * The whole Fullduplex server with its durable log on a disk, as built in `packages/server/dist`. Only limits that
 * would slow the load, or forbid the world that it needs, are raised. The second argument is JSON: `dataDir`, a folder
 * that is kept, and `config`, what else the server is told.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createServer } from '../../packages/server/dist/index.js';
import { serving } from './host.mjs';

/** What every server of ours is told that is measured. */
import { raised } from './raised.mjs';

/** @type {{ dataDir?: string, config?: object }} */
const { dataDir, config } = JSON.parse(process.argv[3] ?? '{}');
const folder = dataDir ?? mkdtempSync(fileURLToPath(new URL('../results/data-', import.meta.url)));
if (dataDir === undefined)
  process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

const server = createServer({ port: 0, dataDir: folder, ...raised, ...config });
const { port } = await server.listen();
serving(port);
