// Appends once and leaves the log open.
import { SqliteLog } from '../../dist/log/sqlite-log.js';

const log = await SqliteLog.open({ file: process.argv[2] });
process.disconnect();
const appended = await log.append({ records: [{ channel: 'room:a', sender: 'ada', data: '{}' }] });
if (appended[0]?.position.offset !== 1) process.exitCode = 1;
