/**
 * What an engine holds when a stranger floods it: ours, `ws`, and `ws` with the caps by count lifted that cost it
 * honest clients. The floods are those of the engine's tests.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const folder = new URL('../packages/websocket/test/flood/', import.meta.url);
/** @type {{ floods: Record<string, { tells: string }> }} */
const { floods } = await import(new URL('floods.mjs', folder).href);
const runner = fileURLToPath(new URL('run.mjs', folder));
const ours = new URL('../packages/websocket/dist/index.js', import.meta.url).href;
const ws = new URL('node_modules/ws/wrapper.mjs', import.meta.url).href;

const engines = [
  { title: 'Fullduplex', engine: ours, options: {} },
  { title: 'ws', engine: ws, options: {} },
  { title: 'ws, caps lifted', engine: ws, options: { maxFragments: 0, maxBufferedChunks: 0 } },
];

/** @param {number} bytes */
const size = (bytes) => {
  if (bytes >= 1e6) return `${(bytes / 1e6).toFixed(1)} MB`;
  return bytes >= 1000 ? `${(bytes / 1000).toFixed(1)} kB` : `${Math.max(0, Math.round(bytes))} B`;
};

/** @param {any} result */
const show = (result) => {
  if (result === undefined) return 'did not end';
  const told = result.closeCode || result.statuses;
  const heard = result.messages > 0 ? `, ${result.messages} heard` : '';
  return `${size(result.held)}${told ? ` (${told})` : ''}${heard}${result.serves ? '' : ', down'}`;
};

/** @param {boolean} json */
export const runFloods = (json) => {
  const rows = Object.entries(floods).map(([name, { tells }]) => {
    const results = engines.map(({ engine, options }) => {
      const args = [runner, name, engine, JSON.stringify(options)];
      const { status, stdout } = spawnSync(process.execPath, args, {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'inherit'],
        timeout: 120_000,
      });
      return status === 0 ? JSON.parse(stdout) : undefined;
    });
    process.stderr.write(`${name}: ${results.map(show).join(' | ')}\n`);
    return { name, tells, results };
  });
  if (json) {
    process.stdout.write(
      `${JSON.stringify({ engines: engines.map(({ title }) => title), rows }, null, 2)}\n`,
    );
    return;
  }
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(' | ')} |\n`;
  process.stdout.write(line(['flood', ...engines.map(({ title }) => title)]));
  process.stdout.write(line(['---', ...engines.map(() => '---:')]));
  for (const { name, tells, results } of rows)
    process.stdout.write(line([`${name}: ${tells}`, ...results.map(show)]));
};
