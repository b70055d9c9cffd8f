import { describe } from 'vitest';
import { HttpParticipant } from '../../src/verify/http-participant.js';
import { participantContract } from './contract.js';

describe('HttpParticipant', () => {
  participantContract((options) => new HttpParticipant(options), ['polling', 'long-polling', 'sse']);
});
