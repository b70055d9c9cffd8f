/** What callers may send, as bytes. */

export type SendData =
  | string
  | Buffer
  | Uint8Array
  | ArrayBuffer
  | ArrayBufferView
  | SharedArrayBuffer
  | Blob;

const NO_BYTES = Buffer.alloc(0);

/**
 * The bytes of what was given, without a copy where it already is bytes.
 *
 * @throws TypeError - it is neither a string nor bytes; a number in particular is no payload
 */
export function toBytes(data: unknown): Buffer {
  if (Buffer.isBuffer(data)) return data;
  if (typeof data === 'string') return Buffer.from(data, 'utf8');
  if (ArrayBuffer.isView(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (data instanceof ArrayBuffer || data instanceof SharedArrayBuffer) return Buffer.from(data);
  if (Array.isArray(data) && data.every((byte) => Number.isInteger(byte)))
    return Buffer.from(data as number[]);
  throw new TypeError(
    'The data must be a string, a Buffer, a TypedArray, a DataView, an ArrayBuffer or a Blob',
  );
}

/** The same for a message: text stays text, numbers are sent as text, and nothing as an empty message, as `ws` does. */
export function bytesOrText(data: unknown): string | Buffer {
  if (typeof data === 'string') return data;
  if (typeof data === 'number') return String(data);
  return data === undefined || data === null ? NO_BYTES : toBytes(data);
}

/** How many bytes it would be. */
export function sizeOf(data: unknown): number {
  return data instanceof Blob ? data.size : Buffer.byteLength(bytesOrText(data));
}
