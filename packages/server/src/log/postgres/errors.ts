/** What is wrong when PostgreSQL, or the way to it, fails: which errors mean what, by their SQLSTATE. */
import { LogError } from '../log.js';

/** The schema is for newer servers; raised by the log's own functions. */
const TOO_OLD = 'FD001';
const DISK_FULL = '53100';
/** The server took part in a fail-over: it became, or always was, one that cannot be written to. */
const READ_ONLY = '25006';

/** The SQLSTATE of an error that PostgreSQL itself reported. */
export function sqlState(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/**
 * Whether the connection is of no use after this: it is broken, or leads to a server that ends, starts, or is no longer
 * the one to write to.
 */
export function endsConnection(error: unknown): boolean {
  const state = sqlState(error);
  return state === undefined || state === READ_ONLY || /^(08|57P|53[^1]|XX)/.test(state);
}

export function asLogError(error: unknown): LogError {
  if (error instanceof LogError) return error;
  const why = error instanceof Error ? error.message : String(error);
  switch (sqlState(error)) {
    case DISK_FULL:
      return new LogError('full', `PostgreSQL's disk is full: ${why}`, { cause: error });
    case TOO_OLD:
      return new LogError('unavailable', 'The log was migrated for newer servers: update this one.', {
        cause: error,
      });
    default:
      return new LogError('unavailable', `PostgreSQL: ${why}`, { cause: error });
  }
}
