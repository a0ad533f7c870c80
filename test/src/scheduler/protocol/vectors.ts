import { readdirSync, readFileSync } from 'node:fs';
import type { Generation } from '../../../../machines/scheduler/messages.ts';

/** One golden message: its bytes and what they mean, as its sidecar says. */
export interface Vector {
  name: string;
  generation: Generation;
  message: string;
  segments: number;
  sha256: string;
  fields: Record<string, unknown>;
  bytes: Uint8Array;
}

const folder = new URL('../../../vectors/', import.meta.url);

/** All whole messages among the vectors; captured sessions and command lines are not. */
export const vectors: Vector[] = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .map((file) => ({ ...JSON.parse(read(file).toString()), file }))
  .filter((sidecar) => sidecar.fields)
  .map((sidecar) => ({ ...sidecar, bytes: read(sidecar.file.replace('.json', '.bin')) }));

function read(file: string): Buffer {
  return readFileSync(new URL(file, folder));
}
