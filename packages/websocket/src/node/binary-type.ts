/** What binary messages are given as: the choice that browsers know, and Node's own. */

export type BinaryType = 'nodebuffer' | 'arraybuffer' | 'fragments' | 'blob';

interface BinaryMessages {
  nodebuffer: Buffer;
  arraybuffer: ArrayBuffer;
  fragments: Buffer[];
  blob: Blob;
}

/** What a listener of `message` is given under a `binaryType`: a text is a buffer under each of them. */
export type MessageData<Type extends BinaryType = 'nodebuffer'> = Buffer | BinaryMessages[Type];

const BINARY_TYPES: readonly string[] = ['nodebuffer', 'arraybuffer', 'fragments', 'blob'];

export function isBinaryType(type: string): type is BinaryType {
  return BINARY_TYPES.includes(type);
}

/**
 * The message as that type. An `ArrayBuffer` is a copy, as the message's own may hold more than the message.
 *
 * @param ends - where its fragments end; absent where it was one
 */
export function convertTo(
  type: BinaryType,
  data: Buffer,
  ends: readonly number[] | undefined,
): MessageData<BinaryType> {
  switch (type) {
    case 'arraybuffer':
      return data.buffer.slice(data.byteOffset, data.byteOffset + data.length) as ArrayBuffer;
    case 'fragments':
      return ends?.map((end, at) => data.subarray(at === 0 ? 0 : ends[at - 1], end)) ?? [data];
    case 'blob':
      return new Blob([data]);
    default:
      return data;
  }
}
