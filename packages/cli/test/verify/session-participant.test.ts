import { describe } from 'vitest';
import { SessionParticipant } from '../../src/verify/session-participant.js';
import { participantContract } from './contract.js';

describe('SessionParticipant', () => {
  participantContract((options) => new SessionParticipant(options), ['websocket']);
});
