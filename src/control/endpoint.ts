import { closeSync, openSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

/** The socket of a daemon, in its state directory. */
export const socketName = 'control.sock';

/** The kernel takes at most so many bytes for the path of a Unix socket. */
const longestPath = 107;

/** How ZeroMQ reaches a socket. `close` when no socket needs the path any more. */
export interface Endpoint {
  /** For people. */
  path: string;
  /** For ZeroMQ, and for the kernel: a path that is short enough. */
  address: string;
  kernelPath: string;
  close(): void;
}

/**
 * The endpoint in a directory. A path that is too long for the kernel is reached through a descriptor of the directory.
 * Throws where the system has no /proc, and an error of the system for a directory that cannot be opened.
 */
export function endpointIn(dir: string): Endpoint {
  const path = join(dir, socketName);
  const isShort = Buffer.byteLength(path) <= longestPath;
  if (isShort) return { path, kernelPath: path, address: `ipc://${path}`, close() {} };
  const fd = openSync(dir, 'r');
  const short = `/proc/self/fd/${fd}`;
  try {
    readdirSync(short);
  } catch (error) {
    closeSync(fd);
    throw new Error(
      `its path has ${Buffer.byteLength(path)} bytes, the system takes ${longestPath}: give a shorter --state-dir`,
      { cause: error },
    );
  }
  const kernelPath = `${short}/${socketName}`;
  return { path, kernelPath, address: `ipc://${kernelPath}`, close: () => closeSync(fd) };
}

/** Why no process listens at an endpoint, as a code of the system; null: one does. */
export function whyDeaf({ kernelPath }: Endpoint): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect({ path: kernelPath });
    socket.once('connect', () => {
      socket.destroy();
      resolve(null);
    });
    socket.once('error', ({ code, message }: NodeJS.ErrnoException) => resolve(code ?? message));
  });
}

/** Whether a daemon listens in this directory. */
export async function isListening(dir: string): Promise<boolean> {
  try {
    const endpoint = endpointIn(dir);
    const why = await whyDeaf(endpoint);
    endpoint.close();
    return why === null;
  } catch {
    return false;
  }
}
