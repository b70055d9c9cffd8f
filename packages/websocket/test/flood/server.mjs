/**
 * The server under a flood, in a process of its own so that its memory is its own:
 * `node --expose-gc server.mjs ENGINE BEHAVIOUR OPTIONS`. One line of standard input is one question; `memory` is what
 * is held after garbage was collected, `peak` the largest resident set so far.
 */
import { createInterface } from 'node:readline';

const [, , engine, behaviour, options] = process.argv;
const { WebSocketServer } = await import(engine);
const server = new WebSocketServer({
  port: 0,
  host: '127.0.0.1',
  backlog: 4096,
  // Who lets nobody in, and nobody know.
  ...(behaviour === 'undecided' ? { verifyClient: (_info, _decide) => {} } : {}),
  ...JSON.parse(options),
});
const state = { messages: 0, errors: {}, open: 0 };

const behaviours = {
  /** Takes messages and forgets them. */
  take: (socket) => socket.on('message', () => state.messages++),
  echo: (socket) => socket.on('message', (data, binary) => socket.send(data, { binary })),
  /** Has no listener for messages, ever. */
  deaf: () => {},
  undecided: () => {},
  /** Sends 400 MB as fast as it can, whatever becomes of it. */
  push: (socket) => {
    let left = 6400;
    const more = () => {
      for (let i = 0; i < 100 && left > 0; i++, left--) socket.send(Buffer.alloc(65_536, left));
      if (left > 0 && socket.readyState === 1) setImmediate(more);
    };
    more();
  },
  /** Listens half a second after it was given the connection. */
  late: (socket) => setTimeout(() => socket.on('message', () => state.messages++), 500),
};

server.on('connection', (socket) => {
  state.open++;
  socket.on('close', () => state.open--);
  socket.on('error', ({ code }) => {
    state.errors[code] = (state.errors[code] ?? 0) + 1;
  });
  behaviours[behaviour](socket);
});
server.on('listening', () => say({ port: server.address().port }));

const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
const held = async () => {
  for (let pass = 0; pass < 3; pass++) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { held: heapUsed + external, rss, peak: process.resourceUsage().maxRSS * 1024, ...state };
};

createInterface({ input: process.stdin }).on('line', () => void held().then(say));
process.stdin.on('end', () => process.exit(0));
