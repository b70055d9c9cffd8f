/** What is told of our server alone, each with a table of its own. */
import { acknowledged } from './acknowledged.mjs';
import { callers } from './callers.mjs';
import { contract } from './contract.mjs';
import { manyRooms } from './many-rooms.mjs';
import { roundTrips } from './round-trips.mjs';
import { start } from './start.mjs';
import { storm } from './storm.mjs';
import { transports } from './transports.mjs';

/**
 * @typedef {object} Report
 * @property {string} name
 * @property {(context: ReportContext) => Promise<any>} run
 * @property {(result: any) => string} print
 *
 * @typedef {object} ReportContext
 * @property {(config?: { dataDir?: string, config?: object }) => Promise<import('../measure/server.mjs').Server>} start
 *   starts a server of ours, on a log of its own or in a folder that is kept; what is started must be stopped
 * @property {boolean} quick
 */

/** @type {Report[]} */
export const reports = [acknowledged, contract, storm, callers, manyRooms, roundTrips, start, transports];
