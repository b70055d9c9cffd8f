import { describe } from 'vitest';
import { ClientParticipant } from '../../src/verify/client-participant.js';
import { TRANSPORTS } from '../../src/verify/plan.js';
import { participantContract } from './contract.js';

describe('ClientParticipant', () => {
  participantContract((options) => new ClientParticipant(options), TRANSPORTS);
});
