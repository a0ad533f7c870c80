import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

function orDefault<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise; // The process has ended, or its files are not readable.
  }
}

export interface FoundProcess {
  pid: number;
  command: string;
}

const processIds = () =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

export const commandLine = (pid: number): string[] =>
  orDefault(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1), []);

/** A zombie has ended, but its parent has not yet waited for it. */
const isZombie = (pid: number) =>
  orDefault(() => /^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8')), true);

/** The texts of a process that may contain a marker of a run; they also identify workers outside our process groups. */
function processTexts(pid: number): string {
  const links = ['cwd', 'fd/0', 'fd/1', 'fd/2'].map((link) =>
    orDefault(() => readlinkSync(`/proc/${pid}/${link}`), ''),
  );
  const environment = orDefault(() => readFileSync(`/proc/${pid}/environ`, 'utf8'), '');
  return [...commandLine(pid), ...links, environment].join('\n');
}

/** Running processes whose command line, folders, outputs or environment contain one of the markers. */
export function processesMentioning(markers: string[]): FoundProcess[] {
  return processIds()
    .filter((pid) => pid !== process.pid && pid !== process.ppid && !isZombie(pid))
    .filter((pid) => {
      const text = processTexts(pid);
      return markers.some((mark) => text.includes(mark));
    })
    .map((pid) => ({ pid, command: commandLine(pid).join(' ') }));
}

export interface TcpSocket {
  localPort: number;
  remotePort: number;
  listening: boolean;
  /** Bytes in the receive queue. */
  unread: number;
  inode: string;
}

const hex = (text: string | undefined) => Number.parseInt(text ?? '', 16);

export function tcpSockets(): TcpSocket[] {
  return ['/proc/net/tcp', '/proc/net/tcp6']
    .flatMap((file) =>
      orDefault(() => readFileSync(file, 'utf8'), '')
        .trim()
        .split('\n')
        .slice(1),
    )
    .map((line) => {
      const [, local, remote, state, queues, , , , , inode] = line.trim().split(/\s+/);
      return {
        localPort: hex(local?.split(':')[1]),
        remotePort: hex(remote?.split(':')[1]),
        listening: state === '0A',
        unread: hex(queues?.split(':')[1]),
        inode: inode ?? '',
      };
    });
}

/** Reads the kernel's tables instead of connecting: some servers treat any connection as a peer. */
export const isListening = (port: number): boolean =>
  tcpSockets().some((socket) => socket.listening && socket.localPort === port);

/** Whether a process listens on a Unix socket. */
export const isListeningAt = (path: string): boolean =>
  orDefault(() => readFileSync('/proc/net/unix', 'utf8'), '')
    .split('\n')
    .some(
      (line) =>
        line.endsWith(` ${path}`) && Number.parseInt(line.split(' ')[3] ?? '', 16) & 0x10000,
    );

/** A process's connection to a port: its own socket, and the server's socket of the same connection. */
export function connectionTo(
  pid: number,
  port: number,
): { local: TcpSocket; remote: TcpSocket | undefined } | undefined {
  const inodes = new Set(
    orDefault(() => readdirSync(`/proc/${pid}/fd`), [])
      .map((fd) => orDefault(() => readlinkSync(`/proc/${pid}/fd/${fd}`), ''))
      .map((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1]),
  );
  const sockets = tcpSockets();
  const near = sockets.find((one) => one.remotePort === port && inodes.has(one.inode));
  if (!near) return undefined;
  const far = sockets.find(
    (one) => one.localPort === port && one.remotePort === near.localPort && !one.listening,
  );
  return { local: near, remote: far };
}
