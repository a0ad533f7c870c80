import { minimumUsd, taskUsd } from '../../machines/shared/bill.ts';
import { moneySettingsOf } from '../../src/daemon/moneySettings.ts';
import type { JournalRecord } from '../../src/store/records.ts';
import type { Census } from './census.ts';
import type { ModelTask } from './ecs.ts';
import type { Script } from './script.ts';
import { configOf } from './settings.ts';
import type { Watched } from './watched.ts';

/** What the daemon counts may differ from the bill by so much. */
const tolerance = 0.01;
/** It counts as of its last tick, ms. */
const tickMs = 1000;
/** A clock that is behind by more than this, ms, was set back. */
const clockSlackMs = 1000;

/** What a script lets the daemon know of the cost. */
export interface Countability {
  /** Of every task when it was created and when it ended, or that it does not know that. */
  isCountable: boolean;
  /** Something may keep it from seeing a task or its end. */
  mayMiss: boolean;
}

/** Of every task the daemon can know when it was created and when it ended, or that it does not know that. */
const isCountable = ({ settings, happenings }: Script): boolean =>
  !settings.orphan &&
  !happenings.some(
    (each) =>
      (each.kind === 'kill' && each.journal !== 'kept') ||
      (each.kind === 'window' && each.window === 'forgetful') ||
      (each.kind === 'delay' && each.of === 'missingMs') ||
      // When the tasks of a deleted cluster ended is not shown.
      each.kind === 'rival' ||
      each.kind === 'deny' ||
      each.kind === 'deleteCluster',
  );

/** Answers of AWS that do not come or are refused, a process or a disk that fails. */
const mayMiss = ({ happenings }: Script): boolean =>
  happenings.some(({ kind }) => ['call', 'buckets', 'kill', 'stop', 'disk'].includes(kind));

export const countabilityOf = (script: Script): Countability => ({
  isCountable: isCountable(script),
  mayMiss: mayMiss(script),
});

/** What is spent in truth: the bill of ECS, and the limits that it must keep to. */
export function createMoneyRules({ agenda, ecs, settings, life, broken, judge }: Watched) {
  const { prices } = moneySettingsOf(configOf(settings));
  if (prices === null) throw new Error('the simulation knows no price');
  /** A life may begin with others. */
  const limitsNow = () => moneySettingsOf(configOf(settings)).limits;
  const market = () => (settings.spot ? 'spot' : 'onDemand');
  let forgottenBefore = Number.NEGATIVE_INFINITY;

  /** When a life took a living task for ended: it may not look at tasks, and had asked for the stop of this one. */
  const assumedEnded = new Map<string, number>();

  /** When a task whose end ECS does not show was taken for ended: until then it may have lived. */
  const lostAt = new Map<string, number>();
  /** How many tasks each launch asked for. */
  const asked = new Map<string, number>();
  /** Launches of which not all tasks are known: given up without an answer, or found in a list with fewer. No later life forgets them. */
  const unsettled = new Set<string>();
  /** Those of them that only a lost journal has named. */
  const forgotten = new Set<string>();

  /** How far the host's clock was ahead at the last start; and when a life began with a clock that was set back. */
  let aheadMs = 0;
  let setBackAt = Number.NEGATIVE_INFINITY;
  /** Tasks that a list has shown since: it leaves out those that are on their way out. */
  let listed = new Set<ModelTask>();

  /** A life before this one took it for ended, and no list shows what is on its way out. */
  const isTakenForEnded = ({ taskArn }: ModelTask): boolean =>
    (assumedEnded.get(taskArn) ?? Number.POSITIVE_INFINITY) < (life()?.startedAt ?? 0);

  const endedAt = (task: ModelTask): number | null =>
    isTakenForEnded(task) ? (assumedEnded.get(task.taskArn) ?? null) : task.stoppedAt;

  const livedMs = (task: ModelTask, at = agenda.now()): number =>
    Math.max(0, (endedAt(task) ?? at) - task.createdAt);

  /** Tasks that a group of ours has or had, as the ledger remembers it. */
  function owned(): Set<string | null> {
    const ledger = life()?.journal?.ledger;
    const groups = [...(ledger?.groups() ?? []), ...(ledger?.history() ?? [])];
    return new Set(groups.map(({ taskArn }) => taskArn));
  }

  /** What ECS starts after all, and what a lost journal forgot, is not known until an inventory shows it. */
  function known(): ModelTask[] {
    const shown = owned();
    return [...ecs.tasks.values()].filter(
      ({ ours, ghost, label, taskArn, createdAt, stoppedAt }) =>
        ours &&
        (stoppedAt ?? Number.POSITIVE_INFINITY) >= forgottenBefore &&
        // Without a label it was there before the first start, so no journal has ever named it; nor does one that was lost,
        // be it at the moment of its creation. Of a launch that was given up only a list shows what it has started.
        ((!ghost && label !== null && createdAt > forgottenBefore && !unsettled.has(label)) ||
          shown.has(taskArn)),
    );
  }

  /** What is billed, by what can be known: how long the process was down while its clock was set back, only a list tells. */
  const knownBill = (): number =>
    known().reduce((usd, task) => {
      const isUnseen = task.createdAt < setBackAt && !listed.has(task);
      const sinceStart = isUnseen ? agenda.now() - setBackAt : livedMs(task);
      return usd + taskUsd(prices, task.market, Math.min(livedMs(task), sinceStart));
    }, 0);

  /** Tasks that a launch has asked for and that are not among these. */
  const comingOf = (label: string, count: number, tasks: Iterable<ModelTask>): number =>
    Math.max(0, count - [...tasks].filter((task) => task.label === label).length);

  /** One that was withdrawn has neither tasks nor refusals. */
  const isShort = ({ label, groups, refusals }: Extract<JournalRecord, { kind: 'settled' }>) =>
    groups.length > 0 && groups.length + refusals.length < (asked.get(label) ?? 0);

  /** Tasks that such launches may have started, for all that is known. */
  const unseen = (): number => {
    const shown = known();
    return [...unsettled]
      .filter((label) => !forgotten.has(label))
      .reduce((sum, label) => sum + comingOf(label, asked.get(label) ?? 0, shown), 0);
  };

  /** What is billed, and what the daemon must reckon with: tasks whose end is not shown, launches that were given up. */
  const mostBill = (): number => {
    const now = agenda.now();
    const groups = life()?.journal?.ledger.groups() ?? [];
    const counted = new Set(groups.map(({ taskArn }) => taskArn));
    return known().reduce((usd, task) => {
      const isHidden = now >= task.goneFrom && counted.has(task.taskArn);
      const goneAt = lostAt.get(task.taskArn) ?? (isHidden ? now : task.createdAt);
      return usd + taskUsd(prices, task.market, Math.max(livedMs(task), goneAt - task.createdAt));
    }, unseen() * minimumUsd(prices, market()));
  };

  const rate = (): number =>
    known()
      .filter((task) => ecs.alive(task) && !isTakenForEnded(task))
      .reduce((usd, task) => usd + prices[task.market], 0);

  /** Tasks that open launches have asked for and that are not there yet. */
  function coming(): number {
    let count = 0;
    for (const launch of life()?.journal?.ledger.openLaunches() ?? [])
      count += comingOf(launch.label, launch.count, ecs.tasks.values());
    return count;
  }

  return {
    journalLost() {
      forgottenBefore = agenda.now();
      for (const label of unsettled) forgotten.add(label);
    },

    inventoried() {
      for (const task of ecs.tasks.values()) if (task.endingAt === null) listed.add(task);
    },

    recorded(record: JournalRecord) {
      if (record.kind === 'start') {
        const ahead = record.at - agenda.now();
        if (ahead < aheadMs - clockSlackMs) {
          setBackAt = agenda.now();
          listed = new Set();
        }
        aheadMs = ahead;
      }
      if (record.kind === 'launch') asked.set(record.label, record.count);
      if (record.kind === 'inventoryOwed' && record.launch) {
        asked.set(record.launch.label, record.launch.count);
        unsettled.add(record.launch.label);
      }
      if (record.kind === 'settled' && isShort(record)) unsettled.add(record.label);
      if (record.kind !== 'ended' || record.taskArn === null) return;
      // A later life whose disk has lost the end before sees the true one.
      assumedEnded.delete(record.taskArn);
      const task = ecs.tasks.get(record.taskArn);
      if (task && agenda.now() >= task.goneFrom) lostAt.set(task.taskArn, agenda.now());
    },

    /** Its group has ended while DescribeTasks is not answered, so that StopTask was all the evidence. */
    endedUnseen(task: ModelTask) {
      if (ecs.alive(task) && task.stopAskedAt !== null)
        assumedEnded.set(task.taskArn, agenda.now());
    },

    /** A launch has just been decided: with all that it may start, no limit is passed. */
    launched(label: string) {
      const { perHour, total } = limitsNow();
      const hourly = rate() + coming() * prices[market()];
      if (perHour !== null && hourly > perHour * (1 + tolerance))
        broken('overspent', `${label}: $${hourly} an hour, ${perHour} allowed`);
      const spent = knownBill() + (coming() + unseen()) * minimumUsd(prices, market());
      if (total !== null && spent > total * (1 + tolerance))
        broken('overspent', `${label}: $${spent} are spent, ${total} allowed`);
    },

    /** The money is spent as far as the daemon can know, so that every task is to go, however many are wanted. */
    drains(): boolean {
      if (settings.money?.onLimit !== 'drain') return false;
      const { perHour, total } = limitsNow();
      return (
        (total !== null && mostBill() > total * (1 - tolerance)) ||
        (perHour !== null && rate() > perHour)
      );
    },

    /** At rest: why so few tasks are there; null: a limit is no reason. */
    excuse(census: Census, alive: number, goal: number): boolean {
      if (settings.money === null || census.money !== 'limited') return false;
      const { perHour, total } = limitsNow();
      // A task of another market than the next one leaves room for a part of it.
      const isFull = perHour !== null && rate() + prices.onDemand > perHour * (1 - tolerance);
      const isSpent =
        total !== null &&
        mostBill() + minimumUsd(prices, 'onDemand') > total * (1 - 10 * tolerance);
      return (isFull || isSpent) && (alive <= goal || settings.money.onLimit === 'hold');
    },

    /**
     * What the daemon has counted, against the bill: it is never more, and less only where the daemon says so. It says so
     * only where something kept it from seeing a task.
     */
    settled(census: Census | null, { isCountable, mayMiss }: Countability) {
      const counted = census?.usdTotal ?? null;
      if (counted === null) return;
      if (!judge.judges('miscounted', { 'the script hides tasks': !isCountable })) return;
      const shown = owned();
      // What ECS starts after all may end before an inventory shows it.
      const tasks = [...ecs.tasks.values()].filter(
        ({ ours, ghost, taskArn }) => ours && (!ghost || shown.has(taskArn)),
      );
      const billedAt = (at: number): number =>
        tasks.reduce((usd, task) => usd + taskUsd(prices, task.market, livedMs(task, at)), 0);
      const billed = billedAt(agenda.now());
      const isLess = counted < billedAt(agenda.now() - tickMs) * (1 - tolerance);
      if (counted > billed * (1 + tolerance) || (isLess && !census?.isLowerBound))
        broken('miscounted', `$${counted} counted, $${billed} billed`);
      if (census?.isLowerBound && !mayMiss)
        broken('miscounted', `$${counted} is said to be a part of the cost without a reason`);
    },
  };
}
