/** What is told of our server alone, each with a table of its own. */
import { acknowledged } from './acknowledged.mjs';
import { storm } from './storm.mjs';
import { transports } from './transports.mjs';

export const reports = [acknowledged, storm, transports];
