/**
 * A Chromium for the tests, on whatever machine: `BROWSER_PATH`, an installed Chrome or Chromium, the build that
 * comes as an npm package (Linux x64), and last one that Playwright downloads. With `BROWSER=firefox` an installed
 * Firefox instead.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, firefox } from 'playwright-core';

const NAMES = ['google-chrome', 'google-chrome-stable', 'chromium', 'chromium-browser', 'microsoft-edge'];
const PLACES = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];

function installedBrowser(): string | undefined {
  const onPath = (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return [...onPath, ...PLACES].find((path) => existsSync(path));
}

async function findBrowser(): Promise<string> {
  const chosen = process.env.BROWSER_PATH;
  if (chosen !== undefined) {
    if (!existsSync(chosen)) throw new Error(`BROWSER_PATH names no file: ${chosen}`);
    return chosen;
  }
  const installed = installedBrowser();
  if (installed !== undefined) return installed;
  if (process.platform === 'linux' && process.arch === 'x64') {
    const { default: packaged } = await import('@sparticuz/chromium');
    return packaged.executablePath();
  }
  if (!existsSync(chromium.executablePath())) {
    const script = join(dirname(createRequire(import.meta.url).resolve('playwright-core')), 'cli.js');
    spawnSync(process.execPath, [script, 'install', 'chromium'], { stdio: 'inherit' });
  }
  return chromium.executablePath();
}

/** A headless browser; close it when done. Contexts of it share nothing, like two people's machines. */
export async function launchBrowser(): Promise<Browser> {
  if (process.env.BROWSER === 'firefox') {
    const executablePath = fileURLToPath(new URL('../support/firefox-for-playwright.mjs', import.meta.url));
    return firefox.launch({ channel: 'moz-firefox', executablePath, timeout: 120_000 });
  }
  return chromium.launch({
    executablePath: await findBrowser(),
    // Continuous integration runs as root in containers, where Chromium's own sandbox cannot start.
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  });
}
