import { createHash } from 'node:crypto';

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

/** RFC 4648 in lower case, without padding. */
const base32 = (bytes: Uint8Array): string => {
  let text = '';
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += alphabet[(held >>> (bits - 5)) & 31];
    held &= (1 << bits) - 1;
  }
  return bits > 0 ? text + alphabet[(held << (5 - bits)) & 31] : text;
};

const mark = (text: string): string =>
  `se-${base32(createHash('sha256').update(text, 'utf8').digest()).slice(0, 26)}`;

/**
 * What `startedBy` of every task of one fleet says; the only thing that decides whose a task is.
 * A hash and not a cleaned-up name: two teams with the same defaults may share a cluster.
 */
export const ownershipTag = (managerId: string, workerFacingAddress: string): string =>
  mark(`${managerId}\0${workerFacingAddress}`);

/** The mark of a fleet that its owner named, whatever address its workers use. */
export const fleetOwnershipTag = (fleetId: string): string => mark(fleetId);
