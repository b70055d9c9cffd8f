// A server with something wrong in it, to see that `fullduplex verify` finds it:
//
//   node test/faults/faulty-server.mjs FAULT serve --port 0 …
//
// It is the server as it is built, with one method replaced; everything behind FAULT goes to the command line.
import { join } from 'node:path';
import Database from 'libsql';
import { Chat } from '../../packages/server/dist/chat/chat.js';
import { PlaceReader } from '../../packages/server/dist/delivery/place-reader.js';
import { OrderedLog } from '../../packages/server/dist/log/ordered-log.js';

/** Puts another method in a method's place, which gets the one that was there as its first argument. */
function replace(owner, method, replacement) {
  const original = owner.prototype[method];
  owner.prototype[method] = function (...args) {
    return replacement.call(this, (...given) => original.apply(this, given), ...args);
  };
}

const typeOf = (record) => JSON.parse(record.data).type;

/** Readers are told that they belong where `from` says so, from there on. */
function mistakeMemberships({ from, forget }) {
  const wrapped = new WeakMap();
  replace(Chat, 'memberships', async (memberships, user) => {
    const real = await memberships(user);
    const mistaken = wrapped.get(real) ?? mistake(real);
    wrapped.set(real, mistaken);
    return mistaken;
  });
  function mistake(real) {
    const kept = new Map();
    const channels = () => {
      if (forget) kept.clear();
      for (const [channel, id] of real.channels) if (!kept.has(channel)) kept.set(channel, from(id));
      return kept;
    };
    return {
      get channels() {
        return channels();
      },
      watch: (listener) =>
        real.watch((channel, id) => {
          channels();
          if (id !== undefined || forget) listener(channel, id === undefined ? undefined : from(id));
        }),
    };
  }
}

const FAULTS = {
  // A record is gone from the storage.
  hole() {
    const folder = process.argv[process.argv.indexOf('--data') + 1];
    setTimeout(() => {
      const db = new Database(join(folder, 'log.db'), { timeout: 5000 });
      db.exec('DELETE FROM record WHERE id = (SELECT max(id) - 5 FROM record)');
      db.close();
    }, 2_000);
  },

  // A reader that catches up is not given every record.
  skip() {
    let count = 0;
    replace(OrderedLog, 'readAfter', async (readAfter, request) => {
      const result = await readAfter(request);
      return { ...result, records: result.records.filter(() => ++count % 20 !== 0) };
    });
  },

  // What comes without a key is appended twice.
  'double-keyless'() {
    replace(OrderedLog, 'append', async (append, what) => {
      const result = await append(what);
      const [record] = what.records;
      const isKeyless = record !== undefined && record.key === undefined && typeOf(record) === 'message';
      if (isKeyless) await append({ records: what.records });
      return result;
    });
  },

  // The log holds what nobody has sent.
  forge() {
    let count = 0;
    replace(OrderedLog, 'append', async (append, what) => {
      const result = await append(what);
      const record = what.records.at(-1);
      if (record !== undefined && typeOf(record) === 'message' && ++count % 20 === 0) {
        const data = JSON.stringify({ type: 'message', text: `invented ${count}` });
        await append({ records: [{ ...record, key: `invented-${count}`, data }] });
      }
      return result;
    });
  },

  // Who has left a room is given what is said there all the same.
  'after-leaving'() {
    mistakeMemberships({ from: (id) => id, forget: false });
  },

  // Who joins a room is given what was said there before, as far as they have not read beyond.
  'before-joining'() {
    mistakeMemberships({ from: () => 0, forget: true });
  },

  // Nobody is told of what retention took.
  'untold-gap'() {
    replace(OrderedLog, 'readAfter', async (readAfter, request) => ({
      ...(await readAfter(request)),
      holes: [],
    }));
  },

  // Conversations are given one after the other.
  'by-conversation'() {
    replace(PlaceReader, 'read', async (read, bounds) => {
      const { steps, more } = await read(bounds);
      return { steps: steps.toSorted((a, b) => a.channel.localeCompare(b.channel)), more };
    });
  },

  // A retry is answered as if it were new.
  'never-duplicate'() {
    replace(OrderedLog, 'append', async (append, what) =>
      (await append(what)).map((appended) => ({ ...appended, duplicate: false })),
    );
  },

  // What was deleted stays as it was.
  'keep-deleted'() {
    replace(OrderedLog, 'append', (append, what) => append({ ...what, redact: [] }));
  },

  // A message is acknowledged at the position that it is going to have, a moment before it is written.
  'acknowledge-early'() {
    const known = new Set();
    const waiting = new Map();
    replace(OrderedLog, 'append', async function (append, what) {
      const [record] = what.records;
      const fresh = what.records.length === 1 && record.key !== undefined && !known.has(record.key);
      if (fresh) known.add(record.key);
      for (const { channel } of what.records) waiting.set(channel, (waiting.get(channel) ?? 0) + 1);
      const before = record && waiting.get(record.channel);
      const written = new Promise((resolve) => setTimeout(resolve, 300)).then(() => {
        for (const { channel } of what.records) waiting.set(channel, waiting.get(channel) - 1);
        return append(what);
      });
      if (!fresh) return written;
      written.catch(() => {});
      const [head] = await this.heads([record.channel]);
      const position = { epoch: this.epochs.at(-1).name, offset: head.offset + before };
      return [{ id: head.id + before, position, time: Date.now(), duplicate: false }];
    });
  },
};

const [fault] = process.argv.splice(2, 1);
FAULTS[fault]();
await import('../../packages/cli/dist/main.js');
