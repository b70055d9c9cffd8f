/**
 * Cuts a message's text into plain text, links and code, in one pass. It yields pieces, never markup: what is drawn
 * from them is text, so nothing that someone writes can become HTML.
 */

export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  /** `href` is `http:` or `https:`, and `text` is what was written. */
  | { readonly kind: 'link'; readonly text: string; readonly href: string }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'block'; readonly text: string };

const FENCE = '```';
// Ends at white space, at what never stands in an address, and at Chinese punctuation, which people type right after one.
const URL_START =
  /https?:\/\/[^\s<>"`\u3000-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\u2018-\u201d]+/giu;
const TRAILING = new Set(['.', ',', ';', ':', '!', '?', "'", '*', '_', '~']);
const PAIRS: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };

export function parseText(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  while (at < text.length) {
    const tick = text.indexOf('`', at);
    if (tick === -1) break;
    const code = codeAt(text, tick);
    if (code === undefined) {
      // Ticks that nothing closes on this line are text; go on after the whole run of them.
      let end = tick;
      while (text[end] === '`') end++;
      pushText(pieces, text.slice(at, end));
      at = end;
      continue;
    }
    pushText(pieces, text.slice(at, tick));
    pieces.push(code.piece);
    at = code.end;
  }
  pushText(pieces, text.slice(at));
  return join(pieces);
}

function codeAt(text: string, tick: number): { piece: Piece; end: number } | undefined {
  if (text.startsWith(FENCE, tick)) {
    const close = text.indexOf(FENCE, tick + FENCE.length);
    if (close === -1) return undefined;
    let body = text.slice(tick + FENCE.length, close);
    // A first line that is one word names the language; it is not shown.
    body = body.replace(/^[\w+#-]{0,20}\r?\n/, '').replace(/\r?\n$/, '');
    if (body.trim() === '') return undefined;
    let end = close + FENCE.length;
    if (text[end] === '\n') end++;
    return { piece: { kind: 'block', text: body }, end };
  }
  const close = text.indexOf('`', tick + 1);
  const line = text.indexOf('\n', tick);
  if (close === -1 || close === tick + 1 || (line !== -1 && line < close)) return undefined;
  return { piece: { kind: 'code', text: text.slice(tick + 1, close) }, end: close + 1 };
}

function pushText(pieces: Piece[], text: string): void {
  let at = 0;
  for (const match of text.matchAll(URL_START)) {
    const written = trimLink(match[0]);
    const href = safeHref(written);
    if (href === undefined) continue;
    if (match.index > at) pieces.push({ kind: 'text', text: text.slice(at, match.index) });
    pieces.push({ kind: 'link', text: written, href });
    at = match.index + written.length;
  }
  if (at < text.length) pieces.push({ kind: 'text', text: text.slice(at) });
}

/** Takes off what belongs to the sentence around the link: a full stop, a bracket that was opened before it. */
function trimLink(link: string): string {
  let end = link.length;
  const depth = countBrackets(link);
  while (end > 0) {
    const last = link[end - 1]!;
    const open = PAIRS[last];
    if (open !== undefined && (depth[open] ?? 0) < (depth[last] ?? 0)) {
      depth[last] = depth[last]! - 1;
      end--;
    } else if (TRAILING.has(last)) end--;
    else break;
  }
  return link.slice(0, end);
}

function countBrackets(link: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const unit of link) {
    if ('()[]{}'.includes(unit)) counts[unit] = (counts[unit] ?? 0) + 1;
  }
  return counts;
}

function safeHref(written: string): string | undefined {
  if (!URL.canParse(written)) return undefined;
  const url = new URL(written);
  return url.protocol === 'http:' || url.protocol === 'https:' ? url.href : undefined;
}

/** Neighbouring pieces of text become one. */
function join(pieces: readonly Piece[]): readonly Piece[] {
  const joined: Piece[] = [];
  for (const piece of pieces) {
    const last = joined.at(-1);
    if (piece.kind === 'text' && last?.kind === 'text') {
      joined[joined.length - 1] = { kind: 'text', text: last.text + piece.text };
    } else joined.push(piece);
  }
  return joined;
}
