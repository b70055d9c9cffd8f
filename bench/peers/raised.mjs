/**
 * What every server of ours is told that is measured: limits that would slow the load, or forbid the world that it needs,
 * are raised, and the load signs the tokens of its users itself.
 */

/** Shared by the servers and the load, and by nobody else. */
export const TOKEN_SECRET = 'the secret of the benchmark';

export const raised = {
  tokenSecret: TOKEN_SECRET,
  limits: { commandsPerSecond: 1_000_000, pendingCommands: 10_000, subscriptions: 10_000 },
  chat: { users: 2_000_000, roomsPerUser: 100_000, membershipsPerUser: 100_000 },
  timing: { pingInterval: 600 },
};
