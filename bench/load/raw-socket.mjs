/**
 * The load's client by system calls, for a load that Bun runs on Linux: `recv` into one shared buffer, `send` of what is
 * there already, one `epoll_wait` for all of them and nothing in between. That leaves the load less to do than any server
 * has. It knows TCP on the loopback address alone.
 */

// Only Bun has it: a constant would be looked for by Node's and the compiler's resolution.
const ffiModule = 'bun:ffi';
const { dlopen, ptr, read } = /** @type {any} */ (await import(ffiModule));

const libc = dlopen('libc.so.6', {
  socket: { args: ['i32', 'i32', 'i32'], returns: 'i32' },
  bind: { args: ['i32', 'ptr', 'u32'], returns: 'i32' },
  listen: { args: ['i32', 'i32'], returns: 'i32' },
  accept4: { args: ['i32', 'ptr', 'ptr', 'i32'], returns: 'i32' },
  getsockname: { args: ['i32', 'ptr', 'ptr'], returns: 'i32' },
  connect: { args: ['i32', 'ptr', 'u32'], returns: 'i32' },
  setsockopt: { args: ['i32', 'i32', 'i32', 'ptr', 'u32'], returns: 'i32' },
  recv: { args: ['i32', 'ptr', 'u64', 'i32'], returns: 'i32' },
  send: { args: ['i32', 'ptr', 'u64', 'i32'], returns: 'i32' },
  close: { args: ['i32'], returns: 'i32' },
  epoll_create1: { args: ['i32'], returns: 'i32' },
  epoll_ctl: { args: ['i32', 'i32', 'i32', 'ptr'], returns: 'i32' },
  epoll_wait: { args: ['i32', 'ptr', 'i32', 'i32'], returns: 'i32' },
  __errno_location: { args: [], returns: 'ptr' },
}).symbols;

// As Linux has them on x64.
const AF_INET = 2;
const SOCK_STREAM = 1;
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const EPOLLIN = 1;
const EPOLLOUT = 4;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_MOD = 3;
const EAGAIN = 11;
/** `struct epoll_event` is packed: 32 bits of events, 64 bits that are ours. */
const EVENT_BYTES = 12;
const MOST_EVENTS = 512;
/** How long the load may be in system calls before its timers have their turn, in milliseconds. */
const TURN = 1;

const arrivals = Buffer.from(new ArrayBuffer(512 * 1024));
const arrivalsAt = ptr(arrivals);
const events = new DataView(new ArrayBuffer(EVENT_BYTES * MOST_EVENTS));
const eventsAt = ptr(events);
const change = new DataView(new ArrayBuffer(EVENT_BYTES));
const one = new Int32Array([1]);

const errno = () => read.i32(libc.__errno_location());
const epoll = libc.epoll_create1(0);

/** @type {Map<number, { read(): void, flush(): void }>} by descriptor */
const open = new Map();
let isTurning = false;
/** @type {(() => void) | undefined} */
let between;

/** See `socket.mjs`. */
export const rawEveryTurn = (/** @type {(() => void) | undefined} */ what) => {
  between = what;
};

const turn = () => {
  if (open.size === 0) {
    isTurning = false;
    return;
  }
  const end = performance.now() + TURN;
  do {
    between?.();
    const count = libc.epoll_wait(epoll, eventsAt, MOST_EVENTS, between ? 0 : TURN);
    for (let i = 0; i < count; i++) {
      const what = events.getUint32(i * EVENT_BYTES, true);
      const socket = open.get(events.getUint32(i * EVENT_BYTES + 4, true));
      if (socket === undefined) continue;
      if (what & EPOLLOUT) socket.flush();
      if (what & ~EPOLLOUT) socket.read();
    }
    if (count <= 0 && !between) break;
  } while (performance.now() < end);
  setImmediate(turn);
};

const watch = (/** @type {number} */ fd, /** @type {number} */ how, /** @type {number} */ what) => {
  change.setUint32(0, what, true);
  change.setUint32(4, fd, true);
  libc.epoll_ctl(epoll, how, fd, ptr(change));
};

/**
 * @param {number} fd
 * @param {{ read(): void, flush(): void }} socket
 */
const begin = (fd, socket) => {
  open.set(fd, socket);
  watch(fd, EPOLL_CTL_ADD, EPOLLIN);
  if (isTurning) return;
  isTurning = true;
  setImmediate(turn);
};

/** `struct sockaddr_in` of the loopback address. */
const loopback = (/** @type {number} */ port) => {
  const address = new DataView(new ArrayBuffer(16));
  address.setUint16(0, AF_INET, true);
  address.setUint16(2, port);
  address.setUint32(4, 0x7f000001);
  return address;
};

class RawSocket {
  #fd;
  #handlers;
  /** @type {Buffer[]} what the kernel had no room for */
  #waiting = [];
  /** A descriptor that was closed may be another's by now. */
  #isOpen = false;
  /** What is waited for beside room to write. */
  #wanted = EPOLLIN;

  constructor(/** @type {number} */ fd) {
    this.#fd = fd;
    this.#handlers = /** @type {import('./socket.mjs').Handlers} */ ({
      onOpen() {},
      onData() {},
      onClose() {},
    });
  }

  begin(/** @type {import('./socket.mjs').Handlers} */ handlers) {
    this.#handlers = handlers;
    this.#isOpen = true;
    libc.setsockopt(this.#fd, IPPROTO_TCP, TCP_NODELAY, ptr(one), 4);
    begin(this.#fd, this);
    handlers.onOpen();
  }

  read() {
    if (!this.#isOpen) return;
    const length = libc.recv(this.#fd, arrivalsAt, arrivals.length, MSG_DONTWAIT);
    if (length > 0) {
      this.#handlers.onData(arrivals, length);
      return;
    }
    const reason = length < 0 ? errno() : 0;
    if (reason === EAGAIN) return;
    this.destroy();
    this.#handlers.onClose(length < 0 ? new Error(`errno ${reason}`) : undefined);
  }

  flush() {
    let first = this.#waiting[0];
    while (first !== undefined) {
      const sent = this.#send(first);
      if (sent < first.length) {
        this.#waiting[0] = first.subarray(sent);
        return;
      }
      this.#waiting.shift();
      first = this.#waiting[0];
    }
    watch(this.#fd, EPOLL_CTL_MOD, this.#wanted);
  }

  #send(/** @type {Buffer} */ data) {
    // What is wrong with the connection shows when it is read.
    return Math.max(0, libc.send(this.#fd, ptr(data), data.length, MSG_DONTWAIT | MSG_NOSIGNAL));
  }

  write(/** @type {Buffer} */ data) {
    if (!this.#isOpen) return;
    if (this.#waiting.length > 0) {
      this.#waiting.push(data);
      return;
    }
    const sent = this.#send(data);
    if (sent === data.length) return;
    this.#waiting.push(data.subarray(sent));
    watch(this.#fd, EPOLL_CTL_MOD, this.#wanted | EPOLLOUT);
  }

  readOnDemand() {
    this.#wanted = 0;
    watch(this.#fd, EPOLL_CTL_MOD, this.#waiting.length > 0 ? EPOLLOUT : 0);
    return () => this.read();
  }

  destroy() {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    open.delete(this.#fd);
    libc.close(this.#fd);
  }
}

/** @type {(port: number, handlers: import('./socket.mjs').Handlers) => import('./socket.mjs').BareSocket} */
export const openRawSocket = (port, handlers) => {
  const fd = libc.socket(AF_INET, SOCK_STREAM, 0);
  const failed = fd < 0 || libc.connect(fd, ptr(loopback(port)), 16) < 0;
  const reason = failed ? errno() : 0;
  const socket = new RawSocket(fd);
  // As with other sockets, nothing is told before the caller has this one.
  queueMicrotask(() => {
    if (failed) handlers.onClose(new Error(`no connection: errno ${reason}`));
    else socket.begin(handlers);
  });
  return socket;
};

/** @type {import('./socket.mjs').Listen} */
export const listenRaw = async (onSocket) => {
  const fd = libc.socket(AF_INET, SOCK_STREAM, 0);
  const address = loopback(0);
  const size = new Int32Array([16]);
  if (libc.bind(fd, ptr(address), 16) < 0 || libc.listen(fd, 4096) < 0) throw new Error(`errno ${errno()}`);
  libc.getsockname(fd, ptr(address), ptr(size));
  begin(fd, {
    // One at a time: the next shows at once that it is there.
    read: () => {
      const accepted = libc.accept4(fd, null, null, 0);
      if (accepted < 0) return;
      const socket = new RawSocket(accepted);
      socket.begin(onSocket(socket));
    },
    flush: () => {},
  });
  return address.getUint16(2);
};
