// Appends to a log in the file, one after the other, and says of each that it was acknowledged.
import { writeSync } from 'node:fs';
import { SqliteStorage } from '../../packages/server/dist/log/sqlite/sqlite-storage.js';

const [, , file, durability, count] = process.argv;
const storage = await SqliteStorage.open({ file, durability });
for (let number = 1; number <= Number(count); number++) {
  await storage.commit([{ records: [{ channel: 'room:a', sender: 'ada', data: `{"number":${number}}` }] }]);
  writeSync(1, `acknowledged ${number}\n`);
}
process.exit();
