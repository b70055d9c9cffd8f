/** The migrations, in their order. A new one goes to the end; those that were carried out anywhere are never edited. */
import { sql as tables } from './0001-tables.js';
import { sql as state } from './0002-state.js';
import { sql as factAfter } from './0003-fact-after.js';
import { sql as commit } from './0004-commit.js';
import { sql as tail } from './0005-tail.js';
import { sql as read } from './0006-read.js';
import { sql as readAfter } from './0007-read-after.js';
import { sql as facts } from './0008-facts.js';
import { sql as trim } from './0009-trim.js';

export interface Migration {
  /** Carried out with the log's schema as the only one that names are looked up in. */
  readonly sql: string;
  /**
   * The least migration that a server must know to run on a schema with this one. As long as it stays, servers before
   * and after the migration run side by side.
   */
  readonly serversFrom: number;
}

/** The first one is number 1. */
export const migrations: readonly Migration[] = [
  { sql: tables, serversFrom: 1 },
  { sql: state, serversFrom: 2 },
  { sql: factAfter, serversFrom: 3 },
  { sql: commit, serversFrom: 4 },
  { sql: tail, serversFrom: 5 },
  { sql: read, serversFrom: 6 },
  { sql: readAfter, serversFrom: 7 },
  { sql: facts, serversFrom: 8 },
  { sql: trim, serversFrom: 9 },
];
