/**
 * An echo client for Autobahn's fuzzing server: `node test/conformance/echo-client.mjs [ws://127.0.0.1:9001]`, after
 * `npm run build`. Asks how many cases there are, plays each, and has the reports written.
 */
import { WebSocket } from '../../packages/websocket/dist/index.js';

const base = process.argv[2] ?? 'ws://127.0.0.1:9001';
const agent = 'fullduplex';

/** Opens, echoes until the server closes, and gives the last message back. */
const visit = (path, echoes) =>
  new Promise((resolve, reject) => {
    let last;
    const socket = new WebSocket(`${base}${path}`, {
      perMessageDeflate: true,
      maxPayload: 128 * 1024 * 1024,
    });
    socket.on('message', (data, isBinary) => {
      last = data.toString();
      if (echoes) socket.send(data, { binary: isBinary });
    });
    let opened = false;
    socket.on('open', () => {
      opened = true;
    });
    socket.on('error', (error) => {
      // A broken protocol is the case's business; a server that is not there is ours.
      if (!opened) reject(error);
    });
    socket.on('close', () => resolve(last));
  });

const count = Number(await visit('/getCaseCount', false));
for (let number = 1; number <= count; number++) {
  await visit(`/runCase?case=${number}&agent=${agent}`, true);
  if (number % 50 === 0) console.log(`${number} of ${count}`);
}
await visit(`/updateReports?agent=${agent}`, false);
console.log(`${count} cases played`);
