/** The secret that guests' tokens are signed with: made once, and kept where the server keeps its log. */
import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Log, LogError } from '../log/log.js';
import { makeFolder } from '../make-folder.js';

const SECRET_BYTES = 32;
const FACT = 'secret/guests';

/** The secret that all servers on one log share. @throws {LogError} */
export async function sharedSecret(log: Log, random: (bytes: number) => Buffer): Promise<Uint8Array> {
  for (;;) {
    const [kept] = (await log.facts([FACT])).facts;
    if (kept !== undefined) return Buffer.from(kept.value, 'hex');
    const secret = random(SECRET_BYTES);
    try {
      const facts = [{ key: FACT, value: secret.toString('hex') }];
      await log.append({ records: [], facts, when: [{ key: FACT, id: 0 }] });
      return secret;
    } catch (error) {
      // Another server was first.
      if (!(error instanceof LogError) || error.code !== 'fact_changed') throw error;
    }
  }
}

/** The secret of the data folder, made at first; only its owner may read it. Without a folder it is one for this run. */
export async function guestSecret(dataDir: string | undefined): Promise<Uint8Array> {
  if (dataDir === undefined) return randomBytes(SECRET_BYTES);
  const file = join(dataDir, 'secret');
  const kept = await readSecret(file);
  if (kept !== undefined) return kept;
  await makeFolder(dataDir);
  const secret = randomBytes(SECRET_BYTES);
  // In one step, so that a crash leaves none or all of it.
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, `${secret.toString('hex')}\n`, { mode: 0o600, flush: true });
  await rename(draft, file);
  return secret;
}

async function readSecret(file: string): Promise<Uint8Array | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const secret = Buffer.from(text.trim(), 'hex');
  if (secret.length < SECRET_BYTES)
    throw new Error(`${file} is no secret: remove it, and guests sign in anew.`);
  return secret;
}
