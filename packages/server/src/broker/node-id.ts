/** The id of a node: drawn anew at each start, so that what an earlier start said is never taken for this one's. */

/** @param random gives so many random bytes */
export function newNodeId(random: (size: number) => Uint8Array): string {
  return Buffer.from(random(9)).toString('base64url');
}
