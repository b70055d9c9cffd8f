/** Where Firefox is, for the tests that drive it and for who asks whether they can be run. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const NAMES = ['firefox', 'firefox-esr'];
const PLACES = ['/Applications/Firefox.app/Contents/MacOS/firefox'];

/** Its program: the one that `FIREFOX_PATH` names, or an installed one; undefined where none is. */
export function findFirefox() {
  const chosen = process.env.FIREFOX_PATH;
  if (chosen !== undefined) return chosen;
  const folders = (process.env.PATH ?? '').split(delimiter);
  const onPath = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...onPath, ...PLACES].find((path) => existsSync(path));
}
