import { backoff } from '../shared/backoff.ts';
import type { FailureReason, Market } from '../shared/domain.ts';
import { breakerFirstPauseMs, breakerLongestPauseMs, spotPauseMs } from '../shared/timing.ts';

/** What shows that a cause is gone: that ECS took a launch, that workers got through to the scheduler, or stayed there. */
export type RecoverySignal = 'launched' | 'registered' | 'stable';

/** Why something is not launched at the moment. No breaker: closed. */
export interface Breaker {
  cause: FailureReason;
  /** Null: it does not lie in a subnet. */
  subnet: string | null;
  /** Null: it is all the same on Spot and on demand. */
  market: Market | null;
  /** Times in a row that it went wrong. */
  failures: number;
  /** Since when it is not closed, milliseconds since the epoch. */
  since: number;
  /** When it last went wrong. */
  trippedAt: number;
  /** Until then nothing that this concerns is launched; then one group alone is tried. */
  until: number;
  reason: string;
  signal: RecoverySignal;
  /** The group that is being tried; all others wait for what becomes of it. */
  probe: string | null;
}

/** By cause, market and subnet. */
export type Breakers = Record<string, Breaker>;

export interface LaunchFailure {
  cause: FailureReason;
  reason: string;
  market: Market | null;
  /** Where it went wrong; none: not known. */
  subnets: string[];
  /** Of the launch that went wrong, the only group; or the group that did not start. */
  groupId: string | null;
  signal: RecoverySignal;
}

/** What the next launch may be. */
export interface LaunchPermit {
  maxTasks: number;
  market: Market;
  /** Null: wherever the settings say. */
  subnets: string[] | null;
  /** The breakers that this launch tries. */
  probes: string[];
}

/** Causes that concern a place, not the whole fleet. */
const local: readonly FailureReason[] = ['capacity', 'addresses', 'network'];

const pauseOf = ({ cause, market }: Breaker, failures: number): number =>
  market === 'spot'
    ? spotPauseMs
    : backoff(failures, { firstMs: breakerFirstPauseMs[cause], longestMs: breakerLongestPauseMs });

const isOpen = ({ until }: Breaker, now: number): boolean => now < until;
const isDue = (breaker: Breaker, now: number): boolean =>
  !isOpen(breaker, now) && breaker.probe === null;

/** Capacity is bought on a market; what Spot has none of may still be had on demand, everywhere. */
const placesOf = ({
  cause,
  market,
  subnets,
}: LaunchFailure): Pick<Breaker, 'market' | 'subnet'>[] => {
  if (cause === 'capacity' && market === 'spot') return [{ market, subnet: null }];
  const of = cause === 'capacity' ? market : null;
  const places = local.includes(cause) && subnets.length > 0 ? subnets : [null];
  return places.map((subnet) => ({ market: of, subnet }));
};

/**
 * Something went wrong. Failures that come together are one; while one group is tried, only what becomes
 * of that one counts. The same object: nothing has changed.
 */
export const trip = (breakers: Breakers, failure: LaunchFailure, now: number): Breakers => {
  let next = breakers;
  for (const { market, subnet } of placesOf(failure)) {
    const { cause, reason, signal, groupId } = failure;
    const key = [cause, market, subnet].filter((part) => part !== null).join(' ');
    const known = next[key];
    if (known && isOpen(known, now)) continue;
    if (known && known.probe !== null && known.probe !== groupId) continue;
    const failures = (known?.failures ?? 0) + 1;
    const breaker: Breaker = {
      ...{ cause, subnet, market, failures, reason, probe: null, trippedAt: now, until: 0 },
      since: known?.since ?? now,
      // What ECS takes and then fails to start is not disproved by its taking another.
      signal: known?.signal === 'registered' ? 'registered' : signal,
    };
    next = { ...next, [key]: { ...breaker, until: now + pauseOf(breaker, failures) } };
  }
  // Whatever else this group was to try is still to be tried, by another.
  return failure.groupId === null ? next : releaseProbe(next, failure.groupId);
};

const without = (breakers: Breakers, gone: (breaker: Breaker) => boolean): Breakers =>
  Object.values(breakers).some(gone)
    ? Object.fromEntries(Object.entries(breakers).filter(([, breaker]) => !gone(breaker)))
    : breakers;

/** ECS took the launch of this group: that closes what it was to try. */
export const onLaunched = (breakers: Breakers, groupId: string): Breakers =>
  without(breakers, ({ signal, probe }) => signal === 'launched' && probe === groupId);

/** Workers got through to the scheduler, whichever launch started them: starting works, there. */
export const onRegistered = (
  breakers: Breakers,
  groupId: string,
  subnet: string | null,
): Breakers =>
  without(
    breakers,
    (breaker) =>
      breaker.signal === 'registered' &&
      (breaker.subnet === null || breaker.subnet === subnet || breaker.probe === groupId),
  );

/** Workers have stayed at the scheduler for long enough: what is launched lives. */
export const onStable = (breakers: Breakers): Breakers =>
  without(breakers, ({ signal }) => signal === 'stable');

/** Groups that served and ended soon, each launched after the one before it had ended. */
export interface CrashLoop {
  inARow: number;
  /** The last of them; milliseconds since the epoch. */
  at: number;
}

/** After so many in a row, their replacements will end alike. One task that kills its worker is no crash loop. */
const crashLoopExits = 3;

/** Another one; the same object: it was launched before the last of them ended, and shows nothing new. */
export const recordEarlyExit = (deaths: CrashLoop, launchedAt: number, now: number): CrashLoop =>
  launchedAt < deaths.at ? deaths : { inARow: deaths.inARow + 1, at: now };

export const isCrashLooping = ({ inARow }: CrashLoop): boolean => inARow >= crashLoopExits;

/** The group that was to be tried has ended and shown nothing. */
export const releaseProbe = (breakers: Breakers, groupId: string): Breakers =>
  Object.values(breakers).some(({ probe }) => probe === groupId)
    ? Object.fromEntries(
        Object.entries(breakers).map(([key, breaker]) => [
          key,
          breaker.probe === groupId ? { ...breaker, probe: null } : breaker,
        ]),
      )
    : breakers;

/** Room has come up: it may be tried soon, but no more often than after the first pause. */
export const probeEarly = (breakers: Breakers, cause: FailureReason, now: number): Breakers => {
  const breaker = breakers[cause];
  if (!breaker || !isOpen(breaker, now)) return breakers;
  const until = Math.max(now, breaker.trippedAt + breakerFirstPauseMs[cause]);
  return until < breaker.until ? { ...breakers, [cause]: { ...breaker, until } } : breakers;
};

/** A person has mended something: every breaker may be tried now. */
export const probeAllNow = (breakers: Breakers, now: number): Breakers =>
  Object.values(breakers).some((breaker) => isOpen(breaker, now))
    ? Object.fromEntries(
        Object.entries(breakers).map(([key, breaker]) => [
          key,
          isOpen(breaker, now) ? { ...breaker, until: now } : breaker,
        ]),
      )
    : breakers;

/** This group tries these breakers. */
export const assignProbe = (
  breakers: Breakers,
  keys: readonly string[],
  groupId: string,
): Breakers =>
  keys.length === 0
    ? breakers
    : Object.fromEntries(
        Object.entries(breakers).map(([key, breaker]) => [
          key,
          keys.includes(key) ? { ...breaker, probe: groupId } : breaker,
        ]),
      );

export interface Change {
  breaker: Breaker;
  state: 'open' | 'trying' | 'closed';
}

/** What people want to know. */
export const changesBetween = (before: Breakers, after: Breakers): Change[] => {
  const changed = Object.entries(after).filter(
    ([key, { failures, probe }]) =>
      before[key]?.failures !== failures || (probe !== null && before[key].probe !== probe),
  );
  const gone = Object.entries(before).filter(([key]) => !(key in after));
  return [
    ...changed.map(([, breaker]): Change => {
      return { breaker, state: breaker.probe === null ? 'open' : 'trying' };
    }),
    ...gone.map(([, breaker]): Change => ({ breaker, state: 'closed' })),
  ];
};

const keysOf = (entries: [string, Breaker][]): string[] => entries.map(([key]) => key);

/** On one market: what may be launched, and where; null: nothing. */
const permitOn = (
  market: Market,
  breakers: Breakers,
  subnets: readonly string[],
  now: number,
): LaunchPermit | null => {
  const concerned = Object.entries(breakers).filter(
    ([, breaker]) => breaker.market === null || breaker.market === market,
  );
  const everywhere = concerned.filter(([, { subnet }]) => subnet === null);
  if (everywhere.some(([, breaker]) => !isDue(breaker, now))) return null;
  const probes = keysOf(everywhere);
  const at = (place: string) => concerned.filter(([, { subnet }]) => subnet === place);
  const due = subnets.find(
    (place) => at(place).length > 0 && at(place).every(([, breaker]) => isDue(breaker, now)),
  );
  if (due !== undefined)
    return { maxTasks: 1, market, subnets: [due], probes: [...probes, ...keysOf(at(due))] };
  const healthy = subnets.filter((place) => at(place).length === 0);
  if (healthy.length === 0 && subnets.length > 0) return null;
  return {
    maxTasks: probes.length > 0 ? 1 : Number.POSITIVE_INFINITY,
    market,
    subnets: healthy.length < subnets.length ? healthy : null,
    probes,
  };
};

/** `subnets`: all that the settings name. Spot comes first where it is wanted at all. */
export const permitFor = (
  breakers: Breakers,
  { spot, subnets }: { spot: boolean; subnets: readonly string[] },
  now: number,
): LaunchPermit =>
  (spot ? permitOn('spot', breakers, subnets, now) : null) ??
  permitOn('onDemand', breakers, subnets, now) ?? {
    ...{ maxTasks: 0, market: 'onDemand', subnets: null, probes: [] },
  };
