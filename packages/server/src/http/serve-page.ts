/** Answers requests for the page's files: with validators, compression, and a policy for what the page may do. */
import type { Context, Next } from 'hono';
import { type Encoding, PAGE_POLICY, type Page } from './page.js';

const NO_PAGE = 'This server has no page: its messages are read by clients. See /healthz.\n';

export async function servePage(context: Context, page: Page, next: Next): Promise<Response | undefined> {
  const file = page.find(context.req.path);
  if (file === undefined) {
    if (context.req.path === '/') return context.text(NO_PAGE, 404);
    await next();
    return undefined;
  }
  const headers: Record<string, string> = {
    'Content-Type': file.type,
    ETag: file.etag,
    'Cache-Control': file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
    Vary: 'Accept-Encoding',
  };
  if (file.type.startsWith('text/html')) headers['Content-Security-Policy'] = PAGE_POLICY;
  if (context.req.header('If-None-Match')?.includes(file.etag)) return context.body(null, 304, headers);
  const encoding = accepted(context.req.header('Accept-Encoding'));
  const encoded = encoding && (await page.encoded(file, encoding));
  if (encoded) headers['Content-Encoding'] = encoding;
  return context.body(new Uint8Array(encoded ?? file.body), 200, headers);
}

function accepted(header: string | undefined): Encoding | undefined {
  const offered = (header ?? '').split(',').map((part) => part.trim());
  const takes = (name: string): boolean =>
    offered.some((part) => part === name || part.startsWith(`${name};q=`));
  if (takes('br')) return 'br';
  return takes('gzip') ? 'gzip' : undefined;
}
