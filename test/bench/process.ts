import { readFileSync } from 'node:fs';

/** Ticks of a CPU a second, as Linux shows them to programs. */
const ticksPerSecond = 100;

function field(pid: number, file: 'stat' | 'status'): string {
  return readFileSync(`/proc/${pid}/${file}`, 'utf8');
}

/** CPU time that a process has used, s. */
export function cpuSeconds(pid: number): number {
  const stat = field(pid, 'stat');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/**
 * Watches how much of a core a process uses, from this call until the returned function is called or the process ends.
 * That function tells the greatest share in a quarter of a second, %.
 */
export function watchShare(pid: number): () => number {
  const sample = () => ({ at: performance.now(), cpu: cpuSeconds(pid) });
  let greatest = 0;
  let last = sample();
  const timer = setInterval(() => {
    try {
      const next = sample();
      greatest = Math.max(greatest, (100_000 * (next.cpu - last.cpu)) / (next.at - last.at));
      last = next;
    } catch {
      // It has ended.
      clearInterval(timer);
    }
  }, 250);
  return () => {
    clearInterval(timer);
    return greatest;
  };
}

/** Resident memory of a process, MB. */
export function residentMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(field(pid, 'status'))?.[1]) / 1024;
}

/** Busy CPU time of the whole machine, s. */
export function machineCpuSeconds(): number {
  const [first = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = first
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softirq + steal) / ticksPerSecond;
}
