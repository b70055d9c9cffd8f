/**
 * One flood against one engine: `node run.mjs NAME [ENGINE [OPTIONS]]`, the engine as a URL that can be imported, ours by
 * default, and options for its server as JSON. Prints one JSON line.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { floods, stillServes } from './floods.mjs';

const [, , name, engine = new URL('../../dist/index.js', import.meta.url).href, more = '{}'] = process.argv;
const flood = floods[name];
if (!flood) throw new Error(`there is no flood "${name}"; there are: ${Object.keys(floods).join(', ')}`);

const script = fileURLToPath(new URL('server.mjs', import.meta.url));
const args = [
  '--expose-gc',
  script,
  engine,
  flood.behaviour,
  JSON.stringify({ ...flood.options, ...JSON.parse(more) }),
];
const server = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
let isUp = true;
const waiting = [];
server.on('exit', () => {
  isUp = false;
  for (const resolve of waiting.splice(0)) resolve({});
});
createInterface({ input: server.stdout }).on('line', (line) => waiting.shift()?.(JSON.parse(line)));
const next = () => new Promise((resolve) => waiting.push(resolve));
const ask = () => {
  if (!isUp) return Promise.resolve({});
  server.stdin.write('memory\n');
  return next();
};

const { port } = await next();
const result = await flood.run({ port, measure: ask, idle: await ask() });
// Of a server that lets nobody in there is no more to ask than that it is there.
const serves = isUp && (result.serves ?? (await stillServes(port)));
process.stdout.write(`${JSON.stringify({ ...result, held: Math.round(result.held), serves })}\n`);
server.stdin.end();
process.exit(0);
