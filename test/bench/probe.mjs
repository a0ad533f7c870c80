// Loaded into the daemon with `--import`. It samples how late the event loop is, unless BENCH_PROBE_OF is `heap`, and at SIGUSR2 writes what it has seen
// since the last time, with the heap after a garbage collection, to the file of BENCH_PROBE.
import { renameSync, writeFileSync } from 'node:fs';
import v8 from 'node:v8';
import vm from 'node:vm';

const everyMs = 2;
v8.setFlagsFromString('--expose-gc');
const collectGarbage = vm.runInNewContext('gc');

function sample() {
  const { user, system } = process.cpuUsage();
  return { at: performance.now(), cpuMs: (user + system) / 1000 };
}

let last = sample();
let longest = { loopDelayMs: 0, ownDelayMs: 0 };
let skips = 0;

function watchLoop() {
  const next = sample();
  const loopDelayMs = Math.max(0, next.at - last.at - everyMs);
  // Of a delay, what this process itself has computed; the rest was waiting for a CPU.
  const ownDelayMs = Math.min(loopDelayMs, next.cpuMs - last.cpuMs);
  last = next;
  if (skips > 0) {
    skips--;
    return;
  }
  longest = {
    loopDelayMs: Math.max(longest.loopDelayMs, loopDelayMs),
    ownDelayMs: Math.max(longest.ownDelayMs, ownDelayMs),
  };
}
if (process.env.BENCH_PROBE_OF !== 'heap') setInterval(watchLoop, everyMs).unref();

process.on('SIGUSR2', () => {
  const seen = longest;
  collectGarbage();
  collectGarbage();
  const path = process.env.BENCH_PROBE;
  const report = { ...seen, heapMb: process.memoryUsage().heapUsed / 2 ** 20 };
  writeFileSync(`${path}.tmp`, JSON.stringify(report));
  renameSync(`${path}.tmp`, path);
  longest = { loopDelayMs: 0, ownDelayMs: 0 };
  // The garbage collection is a delay of our own making.
  skips = 2;
});
