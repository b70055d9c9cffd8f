/** Plays cases against an echo server, or against an echo client that it is given a way to start. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { Case } from './case.js';
import { writeDeflate } from './deflate.js';
import { close } from './frames.js';
import { type Opened, openAsClient, openAsServer } from './handshake.js';
import { Peer } from './peer.js';
import { judge, type Verdict } from './verdict.js';

export interface Options {
  /** Milliseconds to wait for what should come. Default 5000. */
  readonly patience?: number;
}

/** Plays one case on a connection that has just been opened, through to its end. */
const playOn = async (
  subject: Case,
  opened: Opened,
  fromClient: boolean,
  { patience = 5000 }: Options,
): Promise<Verdict> => {
  const peer = new Peer(opened, fromClient);
  if (subject.deflate !== undefined && !peer.compresses) {
    peer.destroy();
    return { behaviour: 'unimplemented', ending: 'open', detail: 'compression was declined' };
  }
  await subject.play(peer);
  const { ends, received } = subject.ok;
  if (ends.by === 'judge' && subject.informational === undefined) {
    await peer.until(() => peer.received.length >= received.length || peer.closed !== undefined, patience);
    // What should not have come would come before the answer to this.
    await peer.send(close(1000));
  }
  await peer.until(() => peer.closed !== undefined, subject.informational ? 1000 : patience);
  if (ends.by === 'fail') {
    // Section 5.5.1: a close frame is answered. Whoever fails a connection may leave the TCP connection to the other.
    await peer.send(close(peer.closed?.code ?? undefined));
    const wasClosed = await peer.untilEnd(1000);
    peer.heldOpen = !wasClosed;
    if (!wasClosed) peer.end();
  }
  // Section 7.1.1: the server closes TCP first.
  if (!fromClient) peer.end();
  await peer.untilEnd(subject.informational ? 1000 : patience);
  peer.destroy();
  return judge(subject, peer);
};

/** Cases run side by side; each has a connection of its own. */
const playAll = async (
  cases: readonly Case[],
  play: (subject: Case) => Promise<Verdict>,
): Promise<Map<string, Verdict>> => {
  const verdicts = new Map<string, Verdict>();
  const waiting = cases.values();
  const worker = async (): Promise<void> => {
    for (const subject of waiting) {
      verdicts.set(
        subject.id,
        await play(subject).catch((error: Error) => ({
          behaviour: 'failed',
          ending: 'open',
          detail: error.message,
        })),
      );
    }
  };
  await Promise.all(Array.from({ length: 4 }, worker));
  return new Map(cases.map(({ id }) => [id, verdicts.get(id)!]));
};

export const judgeServer = (
  cases: readonly Case[],
  port: number,
  options: Options = {},
): Promise<Map<string, Verdict>> =>
  playAll(
    cases.filter(({ judges }) => judges !== 'client'),
    async (subject) => {
      const offer = subject.deflate?.map(writeDeflate).join(', ');
      return playOn(subject, await openAsClient(port, offer), true, options);
    },
  );

/**
 * @param connect must open a connection to the address with an echo client; it may offer compression always
 */
export const judgeClient = async (
  cases: readonly Case[],
  connect: (url: string) => void,
  options: Options = {},
): Promise<Map<string, Verdict>> => {
  const arrivals = new Map<string, (socket: Socket, head: Buffer) => void>();
  const server = createServer({ noDelay: true }, (socket) => {
    // Which case a connection is for is in its request line, which is looked at and put back.
    socket.once('readable', () => {
      const head: Buffer = socket.read() ?? Buffer.alloc(0);
      const id = /^GET \/(\S+) /.exec(head.toString('latin1'))?.[1] ?? '';
      arrivals.get(id)?.(socket, head);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    return await playAll(
      cases.filter(({ judges }) => judges !== 'server'),
      async (subject) => {
        const { socket, head } = await new Promise<{ socket: Socket; head: Buffer }>((resolve) => {
          arrivals.set(subject.id, (socket, head) => resolve({ socket, head }));
          connect(`ws://127.0.0.1:${port}/${subject.id}`);
        });
        socket.unshift(head);
        return playOn(subject, await openAsServer(socket, subject.deflate?.[0]), false, options);
      },
    );
  } finally {
    server.close();
  }
};
