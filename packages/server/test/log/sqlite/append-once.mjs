// Appends once and leaves the storage open.
import { SqliteStorage } from '../../../dist/log/sqlite/sqlite-storage.js';

const storage = await SqliteStorage.open({ file: process.argv[2] });
process.disconnect();
const { records } = await storage.commit([{ records: [{ channel: 'room:a', sender: 'ada', data: '{}' }] }]);
await storage.state();
if (records[0]?.id !== 1) process.exitCode = 1;
