/** Runs a PostgreSQL until its standard input ends: `node postgres-host.mjs MILLISECONDS`. Prints a database's address. */
import { startPostgres } from '../../test/support/postgres.mjs';

const added = Number(process.argv[2] ?? 0);
const settings = added > 0 ? { commit_delay: added * 1000, commit_siblings: 0 } : {};
const server = await startPostgres({ settings: { max_connections: 100, ...settings } });
console.log(await server.createDatabase());

process.stdin.resume();
process.stdin.on('end', () => void server.stop().then(() => process.exit(0)));
