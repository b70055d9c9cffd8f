/**
 * A bare TCP or TLS client, the leanest there is here: by system calls where the load is run by Bun, else by Node's
 * sockets. One core of load must keep one core of any server busy, and the kernel alone asks as much of the reader as of
 * the writer.
 */

/**
 * @typedef {object} Handlers
 * @property {() => void} onOpen
 * @property {(buffer: Buffer, length: number) => void} onData the buffer may be shared: valid during the call only
 * @property {(error?: Error) => void} onClose
 *
 * @typedef {object} BareSocket
 * @property {(data: Buffer) => void} write whole, in order, however long it takes; the data must stay as it is
 * @property {() => void} destroy
 * @property {() => () => void} [readOnDemand] from now on nothing is read but by the function that this returns: what
 *   came meanwhile, once. Absent where that cannot be had
 */

/**
 * Listens on the loopback address and gives the port; the function is called with each connection that comes.
 *
 * @typedef {(onSocket: (socket: BareSocket) => Handlers) => Promise<number>} Listen
 */

const isBun = process.versions.bun !== undefined;
const isRaw = isBun && process.platform === 'linux' && process.arch === 'x64';
const { openRawSocket, listenRaw, rawEveryTurn } = isRaw ? await import('./raw-socket.mjs') : {};
const { openBunSocket } = isBun ? await import('./bun-socket.mjs') : {};
const { listenNode, openNodeSocket } = await import('./node-socket.mjs');

/** What runs the load, for the figures. */
export const loadProgram = isBun
  ? `Bun ${process.versions.bun}${isRaw ? ', system calls' : ''}`
  : `Node ${process.versions.node}`;

/** @type {(port: number, handlers: Handlers, secure?: boolean) => BareSocket} */
export const openSocket = (port, handlers, secure = false) => {
  if (openRawSocket && !secure) return openRawSocket(port, handlers);
  return (openBunSocket ?? openNodeSocket)(port, handlers, secure);
};

export const listen = listenRaw ?? listenNode;

/** @type {(() => void) | undefined} */
let between;
const again = () => {
  between?.();
  if (between) setImmediate(again);
};

/**
 * Calls a function as often as the load looks for arrivals, which it does without ever sleeping, so that what is to be
 * sent at a moment of its own is not late; until it is called with nothing.
 *
 * @type {(what: (() => void) | undefined) => void}
 */
export const everyTurn =
  rawEveryTurn ??
  ((what) => {
    const isOn = between !== undefined;
    between = what;
    if (!isOn) again();
  });
