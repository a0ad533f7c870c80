import type { FailureKind } from '../../machines/shared/domain.ts';
import type { JournalRecord, LaunchRecord } from '../../src/store/records.ts';
import { subnetsOf } from './settings.ts';
import type { Watched } from './watched.ts';

/** The shortest wait after a refusal, ms. */
const pauses: Partial<Record<FailureKind, number>> = {
  refused: 15_000,
  capacity: 15_000,
  addresses: 30_000,
  quota: 30_000,
  denied: 30_000,
  credentials: 30_000,
  invalid: 30_000,
};

/** The daemon's time is that of its last tick. */
const tickMs = 1000;

interface Refused {
  at: number;
  until: number;
  /** The launch that tries whether it is over. */
  probe: string | null;
}

/**
 * After a refusal nothing is asked for there until its time has come, then one task alone, and the rest
 * when that one was granted.
 */
export const createLimits = ({ agenda, settings, broken }: Watched) => {
  const all = subnetsOf(settings);
  let refused = new Map<string, Refused>();
  let open = new Map<string, { launch: LaunchRecord; at: number }>();

  const places = ({ subnets = all }: LaunchRecord): string[] => subnets;
  const concerns = (key: string, launch: LaunchRecord): boolean => {
    const [kind, place] = key.split(' ');
    if (kind === 'capacity' && launch.market === 'spot') return false;
    return place === undefined || places(launch).includes(place);
  };
  const keysOf = (kind: FailureKind, reason: string, launch: LaunchRecord): string[] => {
    if (kind === 'capacity') return places(launch).map((place) => `capacity ${place}`);
    return kind === 'addresses' ? [`addresses ${reason.match(/subnet-\d+/)?.[0]}`] : [kind];
  };

  const launched = (launch: LaunchRecord): void => {
    const { label, count, subnets } = launch;
    open.set(label, { launch, at: agenda.now() });
    if (subnets?.length === 0) broken('hammered', `${label} names no subnet`);
    for (const [key, state] of refused) {
      if (!concerns(key, launch)) continue;
      const early = agenda.now() < state.until - tickMs;
      if (early)
        broken('hammered', `${label} comes ${state.until - agenda.now()} ms early: ${key}`);
      else if (state.probe !== null) broken('hammered', `${label} beside ${state.probe}: ${key}`);
      else if (count > 1) broken('hammered', `${label} asks for ${count}, not one: ${key}`);
      state.probe = label;
    }
  };

  const settled = ({ label, groups, refusals }: JournalRecord & { kind: 'settled' }): void => {
    const opened = open.get(label);
    open.delete(label);
    if (!opened) return;
    const { launch } = opened;
    for (const [key, state] of refused) {
      if (state.probe !== label) continue;
      state.probe = null;
      if (groups.length > 0) refused.delete(key);
    }
    for (const { kind, reason } of refusals) {
      if (launch.market === 'spot' && kind === 'capacity') continue;
      const pause = pauses[kind];
      if (pause === undefined) continue;
      for (const key of keysOf(kind, reason, launch)) {
        const state = refused.get(key);
        // News of a launch from before, however often that was sent again; or while another one tries.
        if (state && (opened.at < state.at || state.probe !== null)) continue;
        const at = agenda.now();
        if (state && state.until > at) continue;
        refused.set(key, { at, until: at + pause, probe: null });
      }
    }
  };

  return {
    born() {
      refused = new Map();
      open = new Map();
    },
    /** It could not be written down, so the request was not sent. */
    unsent(label: string) {
      open.delete(label);
      for (const state of refused.values()) if (state.probe === label) state.probe = null;
    },
    recorded(record: JournalRecord) {
      if (record.kind === 'launch') launched(record);
      if (record.kind === 'settled') settled(record);
    },
  };
};
