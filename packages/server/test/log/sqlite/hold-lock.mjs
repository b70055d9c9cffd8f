// Takes the lock of a file, says so, and keeps it.
import { lockFile } from '../../../dist/log/sqlite/file-lock.js';

lockFile(process.argv[2]);
process.send('locked');
setInterval(() => {}, 1000);
