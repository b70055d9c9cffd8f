/**
 * The grammar of `Sec-WebSocket-*` headers (RFC 7230 tokens and quoted strings; RFC 6455, section 9.1), read in one
 * pass over the characters. No regular expression looks at what a stranger sent.
 */

/** A parameter's value; `true` where it has none. */
export type ExtensionParameters = ReadonlyMap<string, readonly (string | true)[]>;

export interface ExtensionOffer {
  readonly name: string;
  /** Every value a parameter was given, in order: a second one is for the extension to judge. */
  readonly parameters: ExtensionParameters;
}

const TOKEN = new Uint8Array(128);
for (const char of "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") {
  TOKEN[char.charCodeAt(0)] = 1;
}

function isTokenCode(code: number): boolean {
  return code < 128 && TOKEN[code] === 1;
}

/** Whether the text is a token: one character or more, no separators. */
export function isToken(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (!isTokenCode(text.charCodeAt(at))) return false;
  return text.length > 0;
}

/** A position in a header's value. Each method moves on past what it read. */
class Reader {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  get done(): boolean {
    return this.at === this.text.length;
  }

  space(): void {
    while (this.at < this.text.length) {
      const code = this.text.charCodeAt(this.at);
      if (code !== 0x20 && code !== 0x09) return;
      this.at++;
    }
  }

  /** Whether the character stands here; then it is read. */
  take(char: string): boolean {
    if (this.text[this.at] !== char) return false;
    this.at++;
    return true;
  }

  /** A token; the empty string where none stands here. */
  token(): string {
    const start = this.at;
    while (this.at < this.text.length && isTokenCode(this.text.charCodeAt(this.at))) this.at++;
    return this.text.slice(start, this.at);
  }

  /** What the quotes hold, after the opening one was read; `undefined` when they are not closed. */
  quoted(): string | undefined {
    let value = '';
    while (this.at < this.text.length) {
      const char = this.text[this.at++]!;
      if (char === '"') return value;
      if (char !== '\\') value += char;
      else if (this.at < this.text.length) value += this.text[this.at++]!;
    }
    return undefined;
  }
}

/**
 * `Sec-WebSocket-Extensions`: the offers in order of preference; `undefined` where the grammar is broken. A quoted
 * value must be a token once its quotes are taken off (9.1).
 */
export function parseExtensions(header: string): ExtensionOffer[] | undefined {
  const reader = new Reader(header);
  const offers: ExtensionOffer[] = [];
  do {
    reader.space();
    const name = reader.token();
    if (name === '') return undefined;
    const parameters = new Map<string, (string | true)[]>();
    reader.space();
    while (reader.take(';')) {
      reader.space();
      const parameter = reader.token();
      if (parameter === '') return undefined;
      let value: string | true = true;
      reader.space();
      if (reader.take('=')) {
        reader.space();
        const given = reader.take('"') ? reader.quoted() : reader.token();
        if (given === undefined || !isToken(given)) return undefined;
        value = given;
        reader.space();
      }
      const values = parameters.get(parameter);
      if (values === undefined) parameters.set(parameter, [value]);
      else values.push(value);
    }
    offers.push({ name, parameters });
  } while (reader.take(','));
  return reader.done ? offers : undefined;
}

/** `Sec-WebSocket-Protocol`: distinct tokens in order of preference; `undefined` where it is anything else. */
export function parseSubprotocols(header: string): Set<string> | undefined {
  const reader = new Reader(header);
  const protocols = new Set<string>();
  do {
    reader.space();
    const protocol = reader.token();
    if (protocol === '' || protocols.has(protocol)) return undefined;
    protocols.add(protocol);
    reader.space();
  } while (reader.take(','));
  return reader.done ? protocols : undefined;
}

/** Whether a comma-separated header such as `Connection` holds the token, in any case. */
export function hasToken(header: string | undefined, token: string): boolean {
  if (header === undefined) return false;
  for (const part of header.split(',')) if (part.trim().toLowerCase() === token) return true;
  return false;
}
