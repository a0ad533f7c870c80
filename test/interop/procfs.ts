import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

function orDefault<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise; // it ended while we looked, or it is not ours to read
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

/** A zombie has ended; only its parent has not asked yet. */
const isZombie = (pid: number) =>
  orDefault(() => /^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8')), true);

/** Everything about a process that may carry the mark of a run: also workers that left every group of ours. */
function processTexts(pid: number): string {
  const links = ['cwd', 'fd/0', 'fd/1', 'fd/2'].map((link) =>
    orDefault(() => readlinkSync(`/proc/${pid}/${link}`), ''),
  );
  const environment = orDefault(() => readFileSync(`/proc/${pid}/environ`, 'utf8'), '');
  return [...commandLine(pid), ...links, environment].join('\n');
}

/** Living processes that mention one of the marks (a directory, an address) anywhere. */
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
  /** Bytes that came in and that nobody has read. */
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

/** Asks the kernel, not the server: a connection that is opened and dropped is already a peer to some of them. */
export const isListening = (port: number): boolean =>
  tcpSockets().some((socket) => socket.listening && socket.localPort === port);

/** The same for a Unix socket. */
export const isListeningAt = (path: string): boolean =>
  orDefault(() => readFileSync('/proc/net/unix', 'utf8'), '')
    .split('\n')
    .some(
      (line) =>
        line.endsWith(` ${path}`) && Number.parseInt(line.split(' ')[3] ?? '', 16) & 0x10000,
    );

/** The connection a process holds to a port, and the same connection seen from the server's end. */
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
