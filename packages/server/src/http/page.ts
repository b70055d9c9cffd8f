/** The built page, read once and held in memory: its files, their types, and how long they may be cached. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

export interface PageFile {
  readonly path: string;
  readonly body: Buffer;
  readonly type: string;
  readonly etag: string;
  /** Its name changes with its content. */
  readonly immutable: boolean;
}

export type Encoding = 'br' | 'gzip';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};

/** Nothing runs on the page but its own files, and it talks to nobody but its own server. */
export const PAGE_POLICY = [
  "default-src 'self'",
  "img-src 'self' data:",
  // Not every browser counts WebSocket under 'self'.
  "connect-src 'self' ws: wss:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Smaller ones gain nothing. */
const LEAST_COMPRESSED = 1024;

export class Page {
  readonly #files = new Map<string, PageFile>();
  readonly #compressed = new Map<string, Promise<Buffer>>();

  /** Reads a folder whole. One that does not exist is a page without files. */
  static async load(folder: string | undefined): Promise<Page> {
    const page = new Page();
    if (folder === undefined) return page;
    for (const entry of await list(folder)) {
      const file = join(entry.parentPath, entry.name);
      page.#add(`/${relative(folder, file).replaceAll(sep, '/')}`, await readFile(file));
    }
    return page;
  }

  /** The file for the path of a URL: `/` and `/chat` are the chat, `/x` is also `x.html`. */
  find(path: string): PageFile | undefined {
    if (path === '/' || path === '/chat') return this.#files.get('/index.html');
    return this.#files.get(path) ?? this.#files.get(`${path}.html`);
  }

  /** The body as it is sent in an encoding, or undefined where that gains nothing. Done once. */
  async encoded(file: PageFile, encoding: Encoding): Promise<Buffer | undefined> {
    if (file.body.length < LEAST_COMPRESSED || !/^text|json|svg/.test(file.type)) return undefined;
    const key = `${encoding} ${file.path}`;
    let body = this.#compressed.get(key);
    if (body === undefined) {
      body = encoding === 'br' ? toBrotli(file.body) : promisify(gzip)(file.body);
      this.#compressed.set(key, body);
    }
    return body;
  }

  #add(path: string, body: Buffer): void {
    this.#files.set(path, {
      path,
      body,
      type: TYPES[extname(path)] ?? 'application/octet-stream',
      etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
      immutable: path.startsWith('/assets/'),
    });
  }
}

async function list(folder: string): Promise<{ parentPath: string; name: string }[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile());
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function toBrotli(body: Buffer): Promise<Buffer> {
  return promisify(brotliCompress)(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } });
}
