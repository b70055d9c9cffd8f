/** Bodies to compress: each kind gives a message of exactly the size asked for, another one for another number. */

const random = (seed: number): (() => number) => {
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
};

/** Cuts between sequences and fills up with spaces. */
const exactly = (text: string, size: number): Buffer => {
  const bytes = Buffer.from(text);
  let end = Math.min(size, bytes.length);
  while (end > 0 && end < bytes.length && (bytes[end]! & 0xc0) === 0x80) end--;
  return Buffer.concat([bytes.subarray(0, end)], size).fill(0x20, end);
};

const made = (size: number, seed: number, piece: (next: () => number) => string): Buffer => {
  const next = random(seed);
  const pieces: string[] = [];
  for (let length = 0; length < size; ) {
    const one = piece(next);
    pieces.push(one);
    length += one.length;
  }
  return exactly(pieces.join(''), size);
};

const english =
  'the river ran slowly past seven small houses while nobody watched it except an old grey cat'.split(' ');
const german = 'über die große Straße läuft ein schöner früher Bär während süße Äpfel fröhlich fallen'.split(
  ' ',
);

const pick = (words: readonly string[], next: () => number): string => words[next() % words.length]!;

export interface Corpus {
  readonly name: string;
  readonly isText: boolean;
  readonly message: (size: number, seed: number) => Buffer;
}

export const corpora: readonly Corpus[] = [
  {
    name: 'JSON',
    isText: true,
    message: (size, seed) =>
      made(
        size,
        seed,
        (next) => `{"id":${next() % 100_000},"name":"${pick(english, next)}","on":${next() % 2 === 0}},`,
      ),
  },
  {
    name: 'a picture in grey',
    isText: false,
    message: (size, seed) => {
      const next = random(seed);
      const bytes = Buffer.alloc(size);
      for (let i = 0; i < size; i++) bytes[i] = (128 + 100 * Math.sin(i / 40) + (next() % 4)) & 255;
      return bytes;
    },
  },
  {
    name: 'prose',
    isText: true,
    message: (size, seed) => made(size, seed, (next) => `${pick(english, next)} `),
  },
  {
    name: 'bytes at random',
    isText: false,
    message: (size, seed) => {
      const next = random(seed);
      const bytes = Buffer.alloc(size);
      for (let i = 0; i < size; i++) bytes[i] = next() & 255;
      return bytes;
    },
  },
  {
    name: 'prose in UTF-8',
    isText: true,
    message: (size, seed) =>
      made(size, seed, (next) => `${pick(german, next)} ${next() % 9 === 0 ? '– 漢字 🙂 ' : ''}`),
  },
];
