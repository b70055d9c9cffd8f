// Takes the lock of a file, says so, and keeps it.
import { lockFile } from '../../dist/log/file-lock.js';

lockFile(process.argv[2]);
process.send('locked');
setInterval(() => {}, 1000);
