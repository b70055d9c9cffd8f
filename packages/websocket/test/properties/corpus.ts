/** Cases that once found a fault, or reached what no other did: each is tried again before anything random is. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const CORPUS = fileURLToPath(new URL('corpus/', import.meta.url));

/** The cases of that name, as they were written down. */
export function remembered<Case>(name: string): Case[] {
  const path = `${CORPUS}${name}.json`;
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Case[]) : [];
}

/** The byte strings of that name, in hex, one a line. */
export function rememberedBytes(name: string): Uint8Array[] {
  const folder = CORPUS;
  if (!existsSync(folder) || !readdirSync(folder).includes(`${name}.hex`)) return [];
  const lines = readFileSync(`${folder}${name}.hex`, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => Uint8Array.from(Buffer.from(line, 'hex')));
}
