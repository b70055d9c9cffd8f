/** What the disk itself takes for a small write that is forced there: the floor of every durable acknowledgement. */
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { percentiles } from './percentiles.mjs';

export const fsyncDelay = () => {
  const folder = mkdtempSync(fileURLToPath(new URL('../results/disk-', import.meta.url)));
  const file = openSync(`${folder}/file`, 'w');
  const page = Buffer.alloc(4096);
  const delays = [];
  for (let i = 0; i < 200; i++) {
    const start = performance.now();
    writeSync(file, page);
    fsyncSync(file);
    delays.push(performance.now() - start);
  }
  closeSync(file);
  rmSync(folder, { recursive: true });
  return percentiles(delays);
};
