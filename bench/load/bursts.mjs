/**
 * Sends burst after burst to many readers so that the server always has the next one before it: a burst leaves when the
 * first reader has the last one whole. So at most one waits for a server that is still handing the last one round, and
 * none is joined with another because the load was slow. It knows neither messages nor protocols.
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
 * @returns {Promise<void>} resolves when the first bursts are through; the rest follow until the connections end
 */
export const keepBursting = async (readers, publish) => {
  const had = new Int32Array(readers.length);
  let published = 0;
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
    ahead = AHEAD;
    next = () => {
      if (first === published && reached === readers.length) go();
    };
  } else {
    ahead = 2 * STRIDE;
    next = () => {};
    let part = 0;
    const step = () => {
      const isDone = had[scout] === published;
      // Someone is far behind: the server keeps more for them than the load wants to know.
      const isLate = isDone && reached < readers.length;
      if (isDone && !isLate) go();
      for (let at = isLate ? 0 : part; at < reads.length; at += isLate ? 1 : STRIDE) reads[at]?.();
      part = (part + 1) % STRIDE;
      if (isLate) setImmediate(step);
    };
    // With each piece that comes to the scout, one part of the others is read.
    const scouting = /** @type {Reader} */ (readers[scout]);
    scouting.connection.onBytes = (buffer, length) => {
      const wasDone = had[scout] === published;
      onBytes(scout, buffer, length);
      if (!wasDone) step();
    };
  }
  go();
};
