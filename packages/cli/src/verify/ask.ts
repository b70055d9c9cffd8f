/** One request to a server, past every proxy; what does not work out is an error in a sentence. */

/** @throws {Error} what the server answered, when it is no success; or that there is none */
export async function ask(url: string, path: string, body: unknown, token?: string): Promise<unknown> {
  return request(url, path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
  });
}

/** @throws {Error} as `ask` */
export async function request(url: string, path: string, init: RequestInit): Promise<unknown> {
  const response = await fetch(url + path, init).catch((cause: unknown) => {
    throw new Error(`There is no server at ${url}.`, { cause });
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path} was answered with ${response.status}: ${text}`);
  return JSON.parse(text);
}
