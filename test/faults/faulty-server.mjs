// A server with something wrong in it, to see that `fullduplex verify` finds it:
//
//   node test/faults/faulty-server.mjs FAULT serve --port 0 …
//
// It is the server as it is built, with one method replaced; everything behind FAULT goes to the command line.
import { CursorReader } from '../../packages/server/dist/delivery/cursor-reader.js';
import { SqliteLog } from '../../packages/server/dist/log/sqlite-log.js';

/** Puts another method in a method's place, which gets the one that was there as its first argument. */
function replace(owner, method, replacement) {
  const original = owner.prototype[method];
  owner.prototype[method] = function (...args) {
    return replacement.call(this, (...given) => original.apply(this, given), ...args);
  };
}

const FAULTS = {
  // The server remembers how far it has answered, instead of believing the caller's cursor: an answer that is lost on
  // the way takes its messages with it.
  'advance-cursor'() {
    const answered = new Map();
    for (const method of ['read', 'readSteps']) {
      replace(CursorReader, method, async function (read, bounds) {
        const user = [...this.positions.keys()].find((channel) => channel.startsWith('user:'));
        for (const [channel, position] of answered.get(user) ?? []) {
          const asked = this.positions.get(channel);
          if (asked && asked.offset < position.offset) this.positions.set(channel, position);
        }
        const result = await read(bounds);
        answered.set(user, new Map(this.positions));
        return result;
      });
    }
  },

  // A message is acknowledged at the position that it is going to have, a moment before it is written.
  'acknowledge-early'() {
    const known = new Set();
    const waiting = new Map();
    replace(SqliteLog, 'append', async function (append, what) {
      const [record] = what.records;
      const fresh = what.records.length === 1 && record.key !== undefined && !known.has(record.key);
      if (fresh) known.add(record.key);
      for (const { channel } of what.records) waiting.set(channel, (waiting.get(channel) ?? 0) + 1);
      const before = record && waiting.get(record.channel);
      const written = new Promise((resolve) => setTimeout(resolve, 150)).then(() => {
        for (const { channel } of what.records) waiting.set(channel, waiting.get(channel) - 1);
        return append(what);
      });
      if (!fresh) return written;
      written.catch(() => {});
      const [head] = await this.heads([record.channel]);
      return [
        { position: { epoch: head.epoch, offset: head.offset + before }, time: Date.now(), duplicate: false },
      ];
    });
  },
};

const [fault] = process.argv.splice(2, 1);
FAULTS[fault]();
await import('../../packages/cli/dist/main.js');
