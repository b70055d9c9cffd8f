/** What the users and rooms of the benchmark's worlds are called. */

export const userName = (/** @type {number} */ number) => `user-${number}`;
export const roomOf = (/** @type {number} */ number) => `room:room-${number}`;
/** Who makes the rooms. */
export const HOST = 'host';
