import { setTimeout as sleep } from 'node:timers/promises';
import { mutated } from '../../hostile/mutations.ts';
import { createRandom } from '../../simulation/random.ts';
import { eventually } from '../eventually.ts';
import type { Scenario } from '../scenario.ts';
import { alive } from '../world.ts';

const hostileMs = 60_000;
const wanted = 4;

/** For a minute half of AWS's answers are bent, cut or no answer at all: heartbeats go on, and afterwards all is as wanted. */
export const hostileAnswers: Scenario = {
  setup: {
    name: 'hostileAnswers',
    daemonFlags: [
      ...['--max-task-concurrency', '8', '--sweep-seconds', '2', '--settle-seconds', '1'],
      ...['--start-deadline', '20'],
    ],
    monitored: false,
  },
  async play(world, seed) {
    const random = createRandom(seed, 'hostile answers');
    const { cloud, proxy, scheduler, state } = world;
    let bent = 0;
    proxy.bend = (operation, answer) => {
      // A start that never gets through would keep the rest from being tried.
      const tasks = /Tasks?$/.test(operation);
      if (!random.chance(tasks ? 0.6 : 0.2)) return answer;
      bent++;
      if (random.chance(0.1)) return 'cut';
      const status = random.pick([200, 200, 200, 200, 400, 500, answer.status]);
      return { status, body: Buffer.from(mutated(answer.body.toString(), random)) };
    };
    const daemon = world.start();
    const end = performance.now() + hostileMs;
    const gaps: number[] = [];
    let heard = scheduler.heartbeats;
    let heardAt = performance.now();
    while (performance.now() < end && !daemon.exit) {
      scheduler.wanted = Math.floor(performance.now() / 7000) % 2 === 0 ? wanted : 1;
      await sleep(50);
      if (scheduler.heartbeats === heard) continue;
      gaps.push(performance.now() - heardAt);
      heard = scheduler.heartbeats;
      heardAt = performance.now();
    }
    const longest = Math.round(Math.max(...gaps.slice(1)));
    world.check(daemon.exit === null, `it lives (${bent} answers were bent)`);
    world.check(longest < 3000, `heartbeats go on every second (${longest} ms at most)`);

    proxy.bend = null;
    scheduler.wanted = wanted;
    const settled = async () => {
      const ledger = state.ledger();
      const owned = new Set(ledger.groups().map(({ taskArn }) => taskArn));
      const ours = await alive(world);
      return (
        ours.length === owned.size &&
        ours.every(({ taskArn }) => owned.has(taskArn)) &&
        ours.length >= wanted &&
        ledger.openLaunches().length === 0
      );
    };
    // Without a monitor stream, groups that boot are held: more than wanted may be, but never more than allowed.
    await eventually('AWS and the journal agree again', 180_000, settled, daemon)
      .then(() => world.check(true, 'AWS and the journal agree again'))
      .catch((error: Error) => world.check(false, error.message));
    world.check((await alive(world)).length <= 8, 'and never more than allowed run');
    world.check(!/"(daemon|actor)\.crashed"/.test(await world.log()), 'no actor crashed');
    const { code } = await world.stop(daemon, 70_000);
    world.check(code === 0, `SIGTERM ends it with status ${code}`);
    const left = (await alive(world)).length;
    world.check(
      left === 0,
      `${left} tasks are left (${(await cloud.ledger()).tasks.length} in all)`,
    );
  },
};
