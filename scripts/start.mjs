// `npm start`: from a fresh clone to a running chat. Flags go to `fullduplex serve`: npm start -- --port 5000
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, install, requireNode, root } from './prepare.mjs';

requireNode();
install();
build();

const { main } = await import(pathToFileURL(join(root, 'packages/cli/dist/program.js')).href);
await main(['serve', ...process.argv.slice(2)]);
