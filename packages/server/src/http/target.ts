/** What a request asks for. Proxies may name it with the server in front (absolute form); everything here goes by the path. */

const ABSOLUTE = /^https?:\/\/[^/?#]*/i;

/** The target in origin form: a path and its query (RFC 9112, 3.2). */
export function originForm(target: string | undefined): string {
  const path = (target ?? '').replace(ABSOLUTE, '');
  return path.startsWith('/') || path === '*' ? path : `/${path}`;
}
