import { readFileSync } from 'node:fs';

const read = (name: string) => readFileSync(new URL(`../../../vectors/${name}`, import.meta.url));

/** A captured session of one direction, and what its sidecar says is in it. */
export function stream(name: string) {
  const { frames } = JSON.parse(read(`${name}.json`).toString()) as {
    frames: { identity?: string; payloadHex?: string; greeting?: string }[];
  };
  return {
    bytes: read(`${name}.bin`),
    frames,
    identity: frames.find((frame) => frame.identity)?.identity ?? '',
    payloads: frames.flatMap(({ payloadHex }) => payloadHex ?? []),
  };
}

export const ymqClient = stream('ymq-tcp-session-client-to-scheduler');
export const ymqScheduler = stream('ymq-tcp-session-scheduler-to-client');
/** The same since YMQ's magic changed, of each release since. */
export const ymq2 = ['2.7.0', '2.8.0', '2.9.0'].map((release) => ({
  release,
  client: stream(`ymq2-tcp-session-${release}-client-to-scheduler`),
  scheduler: stream(`ymq2-tcp-session-${release}-scheduler-to-client`),
}));
export const zmtpClient = stream('zmtp-dealer-session-client-to-scheduler');
export const zmtpScheduler = stream('zmtp-dealer-session-scheduler-to-client');

export const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
