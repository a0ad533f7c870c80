import { createHash } from 'node:crypto';

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

/** Base32 of RFC 4648 in lower case, without padding. */
function base32(bytes: Uint8Array): string {
  let text = '';
  let buffer = 0;
  let bits = 0;
  for (const byte of bytes) {
    buffer = (buffer << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += alphabet[(buffer >>> (bits - 5)) & 31];
    buffer &= (1 << bits) - 1;
  }
  return bits > 0 ? text + alphabet[(buffer << (5 - bits)) & 31] : text;
}

/** 29 characters: `startedBy` takes at least 36 in every version of AWS's documentation. */
function tagOf(text: string): string {
  return `se-${base32(createHash('sha256').update(text, 'utf8').digest()).slice(0, 26)}`;
}

/**
 * The ownership tag: the `startedBy` of every task of a fleet, by which alone the fleet's tasks are recognized. It
 * is a hash of manager id and scheduler address as the workers reach it, since two teams that use the default
 * names may share a cluster.
 */
export function ownershipTag(managerId: string, workerSchedulerAddress: string): string {
  return tagOf(`${managerId}\0${workerSchedulerAddress}`);
}

/** The ownership tag of a fleet with a `fleet_id`, which does not depend on manager id and address. */
export function fleetOwnershipTag(fleetId: string): string {
  return tagOf(fleetId);
}
