/** Every case, in the order of the report. */
import type { Case } from '../case.js';
import { closing } from './closing.js';
import { compressionByParameters, compressionBySize } from './compression.js';
import { fragmentation } from './fragmentation.js';
import { framing } from './framing.js';
import { limits, miscellaneous } from './limits.js';
import { masking } from './masking.js';
import { pings } from './pings.js';
import { opcodes, reservedBits } from './reserved.js';
import { utf8 } from './utf8.js';

export const cases: readonly Case[] = [
  ...framing,
  ...pings,
  ...reservedBits,
  ...opcodes,
  ...fragmentation,
  ...utf8,
  ...closing,
  ...masking,
  ...limits,
  ...miscellaneous,
  ...compressionBySize,
  ...compressionByParameters,
];
