// Appends to the log in the file until it is killed, and tells its parent of every append that was acknowledged.
import { OrderedLog } from '../../../dist/log/ordered-log.js';
import { SqliteStorage } from '../../../dist/log/sqlite/sqlite-storage.js';

const [, , file, round] = process.argv;
const log = new OrderedLog(await SqliteStorage.open({ file }), {
  defer: setImmediate,
  after: () => () => {},
});

const append = async (sender) => {
  for (let count = 0; ; count++) {
    const key = `${round}-${sender}-${count}`;
    const [appended] = await log.append({
      records: [{ channel: 'room:a', sender: `user${sender}`, key, data: JSON.stringify({ key }) }],
      facts: [{ key: `f/${key}`, value: '' }],
    });
    process.send([[key, appended.id]]);
  }
};

await Promise.all(Array.from({ length: 10 }, (_, sender) => append(sender)));
