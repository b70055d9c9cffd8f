/**
 * Sends burst after burst to many readers so that the server always has the next one before it: a burst leaves when the
 * first reader has the last one whole, or the one so many before. So where only one is under way, at most one waits for a
 * server that is still handing the last one round, and none is joined with another because the load was slow. It knows
 * neither messages nor protocols.
 */

/** Where readers can be read on demand, each is read once in so many bursts: the kernel's price of a read is paid less. */
const STRIDE = 4;
/** How far behind the last reader may be where all are read as things come. */
const AHEAD = 1;
const PROBES = 3;

/**
 * @typedef {object} Reader
 * @property {import('./connection.mjs').LoadConnection} connection
 * @property {(buffer: Buffer, length: number) => number} take checks what came and says how many bursts it has had whole
 *   since the beginning
 */

/**
 * @param {Reader[]} readers
 * @param {(burst: number) => void} publish sends the burst of that number, from 0
 * @param {number} [underWay] bursts that the first reader may still wait for when another leaves, that one included
 * @returns {Promise<void>} resolves when the first bursts are through; the rest follow until the connections end
 */
export const keepBursting = async (readers, publish, underWay = 1) => {
  const had = new Int32Array(readers.length);
  let published = 0;
  /** What the first reader has had. */
  let first = 0;
  /** Readers that have what they must have before another burst leaves. */
  let reached = 0;
  let ahead = 0;
  let needed = 0;
  let next = () => {};

  const go = () => {
    publish(published++);
    needed = published - ahead;
    reached = 0;
    for (const count of had) if (count >= needed) reached++;
  };
  /** Everything that may leave; says whether someone is so far behind that nothing may. */
  const goOn = () => {
    while (reached === readers.length && published - first < underWay) go();
    return reached < readers.length;
  };
  const onBytes = (
    /** @type {number} */ index,
    /** @type {Buffer} */ buffer,
    /** @type {number} */ length,
  ) => {
    const count = /** @type {Reader} */ (readers[index]).take(buffer, length);
    const before = /** @type {number} */ (had[index]);
    if (count === before) return;
    if (count > published) throw new Error('more came back than was published');
    had[index] = count;
    if (before < needed && count >= needed) reached++;
    if (count > first) first = count;
    next();
  };
  readers.forEach(({ connection }, index) => {
    connection.onBytes = (buffer, length) => onBytes(index, buffer, length);
  });

  // One at a time at first, all of it read by all: that shows who is served first.
  let scout = 0;
  for (let probe = 0; probe < PROBES; probe++) {
    await new Promise((resolve) => {
      let isFirst = true;
      next = () => {
        if (isFirst) scout = had.indexOf(published);
        isFirst = false;
        if (reached === readers.length) resolve(undefined);
      };
      go();
    });
  }

  const others = readers.filter((_, index) => index !== scout);
  const reads = others.map(({ connection }) => connection.readOnDemand?.());
  if (reads.some((read) => read === undefined)) {
    ahead = AHEAD + underWay - 1;
    next = goOn;
  } else {
    ahead = 2 * STRIDE + underWay - 1;
    next = () => {};
    let part = 0;
    let isWaiting = false;
    const step = () => {
      isWaiting = goOn();
      if (isWaiting) {
        // The server keeps more for someone than the load wants to know.
        for (const read of reads) read?.();
        setImmediate(step);
        return;
      }
      for (let at = part; at < reads.length; at += STRIDE) reads[at]?.();
      part = (part + 1) % STRIDE;
    };
    // With each piece that comes to the scout, one part of the others is read.
    const scouting = /** @type {Reader} */ (readers[scout]);
    scouting.connection.onBytes = (buffer, length) => {
      onBytes(scout, buffer, length);
      if (!isWaiting) step();
    };
  }
  goOn();
};
