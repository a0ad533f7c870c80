/** How often a rule was judged where it applies, and how often it was excused there, by the reason. */
export interface Judgement {
  judged: number;
  excused: Record<string, number>;
}

/** The rules that have excuses: each is named in the report, so that one that is never judged shows. */
export const excusableRules = [
  /** A group at work is stopped while another one is known to be idle. */
  'stoppedBusy',
  /** Fewer groups are left than are wanted. */
  'stoppedTooMany',
  /** A group is stopped without any reason. */
  'stoppedInVain',
  /** Of each group that served and is stopped while the scheduler does not answer. */
  'stoppedUnheard',
  'overLaunched',
  /** Of each launch: it has a complete list, or may not list. */
  'launchedUnrecovered',
  /** Of each launch. */
  'capExceeded',
  /** Of each second with more tasks than are allowed. */
  'capExceeded lasting',
  /** Of each orderly end: status 0 where a task of ours still runs. */
  'leftUnsaid status',
  /** Of each orderly end: a task still runs that the journal does not name. */
  'leftUnsaid named',
  /** Of each orderly end after a lost journal: it looks, or says that it has not. */
  'leftUnsaid looked',
  'stopIgnored',
  'deadUnreported',
  /** At rest: what the daemon counts, against the bill. */
  'miscounted',
  /** Long after the last fault: it has come to rest. */
  'restless',
] as const;
export type ExcusableRule = (typeof excusableRules)[number];

export type Judgements = Partial<Record<ExcusableRule, Judgement>>;

/** Counts judgements and excuses of one run. */
export function createJudge(judgements: Judgements) {
  const of = (rule: ExcusableRule): Judgement => {
    judgements[rule] ??= { judged: 0, excused: {} };
    return judgements[rule];
  };
  return {
    judged(rule: ExcusableRule): void {
      of(rule).judged++;
    },
    excused(rule: ExcusableRule, why: string): void {
      const { excused } = of(rule);
      excused[why] = (excused[why] ?? 0) + 1;
    },
    /** Whether the rule is judged: it is if there is no excuse. The first excuse counts. */
    judges(rule: ExcusableRule, excuses: Readonly<Record<string, boolean>>): boolean {
      const why = Object.keys(excuses).find((each) => excuses[each]);
      if (why === undefined) this.judged(rule);
      else this.excused(rule, why);
      return why === undefined;
    },
  };
}

export type Judge = ReturnType<typeof createJudge>;

export function addJudgements(into: Judgements, from: Judgements): void {
  for (const rule of excusableRules) {
    const more = from[rule];
    if (more === undefined) continue;
    into[rule] ??= { judged: 0, excused: {} };
    const sum = into[rule];
    sum.judged += more.judged;
    for (const [why, count] of Object.entries(more.excused))
      sum.excused[why] = (sum.excused[why] ?? 0) + count;
  }
}

/** A line for each rule, also for those that were never judged. */
export function judgementLines(judgements: Judgements): string[] {
  return excusableRules.map((rule) => {
    const { judged, excused } = judgements[rule] ?? { judged: 0, excused: {} };
    const whys = Object.entries(excused).sort(([, a], [, b]) => b - a);
    const sum = whys.reduce((all, [, count]) => all + count, 0);
    const words = whys.map(([why, count]) => `${count} ${why}`).join(', ');
    const never = judged === 0 ? ' (never)' : '';
    return `rule ${rule}: judged ${judged}${never}, excused ${sum}${sum > 0 ? `: ${words}` : ''}`;
  });
}
