/** What a page pays for the client: its whole bundle, minified and compressed. */
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build, type Rollup } from 'vite';
import { describe, expect, it } from 'vitest';

/** In bytes, gzipped. It rises only in the commit that causes it. (Last by paging through what somebody in thousands of rooms belongs to.) */
const CEILING = 13_000;

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

async function bundle(): Promise<string> {
  const output = (await build({
    configFile: false,
    logLevel: 'silent',
    resolve: { alias: { '@fullduplex/wire': source('../../wire/src/index.ts') } },
    build: {
      write: false,
      rolldownOptions: { input: source('../src/index.ts'), preserveEntrySignatures: 'strict' },
    },
  })) as Rollup.RollupOutput | Rollup.RollupOutput[];
  return [output]
    .flat()
    .flatMap((one) => one.output)
    .map((chunk) => (chunk.type === 'chunk' ? chunk.code : ''))
    .join('');
}

describe('the bundle', () => {
  it('stays small and takes nothing of Node or of zod with it', async () => {
    const code = await bundle();
    expect(gzipSync(code).length).toBeLessThan(CEILING);
    expect(code).not.toMatch(/["']node:/);
    expect(code).not.toContain('ZodError');
  });
});
