import { describe, expect, it } from 'vitest';
import { headerOf } from '../../../../src/telemetry/inspector/inspect.ts';
import { createPast } from '../../../../src/telemetry/inspector/past.ts';
import {
  type ActorState,
  applyEntry,
  type Entry,
  isEntry,
  parseRecording,
} from '../../../../src/telemetry/inspector/recording.ts';
import { fleetRecording } from '../../../browser/recordings.ts';

const entriesOf = (text: string): Entry[] => parseRecording(text).filter(isEntry);

/** All actors after a recording, as its reader finds them. */
function readBack(lines: Iterable<string>): Map<number, ActorState> {
  const actors = new Map<number, ActorState>();
  for (const line of parseRecording([...lines].join('\n')))
    if ('base' in line) actors.set(line.base.actor, line.base);
    else if (isEntry(line)) applyEntry(actors, line);
  return actors;
}

describe('createPast', () => {
  const entries = entriesOf(fleetRecording(200));
  const whole = new Map<number, ActorState>();
  for (const entry of entries) applyEntry(whole, entry);
  const isGroup = ({ machine }: ActorState) => machine === 'workerGroup';

  it('keeps at most so many bytes of entries, and the state that the older ones led to', () => {
    const past = createPast(headerOf('test', 0), 20_000, () => {});
    for (const entry of entries) past.add(entry);
    const lines = [...past.lines()];
    const kept = lines.filter((line) => !line.includes('"base"') && !line.includes('"header"'));
    expect(kept.join('').length).toBeLessThanOrEqual(20_000);
    expect(kept.length).toBeGreaterThan(50);
    const back = readBack(lines);
    for (const actor of [...whole.values()].filter(isGroup))
      expect(back.get(actor.actor)).toEqual(actor);
    expect(past.dropped()).toBe(0);
  });

  it('keeps everything that fits, in order', () => {
    const past = createPast(headerOf('test', 0), 10_000_000, () => {});
    for (const entry of entries) past.add(entry);
    expect(entriesOf([...past.lines()].join('\n'))).toEqual(entries);
  });

  it('tells each line to its listener once', () => {
    const heard: string[] = [];
    const past = createPast(headerOf('test', 0), 1000, (line) => heard.push(line));
    for (const entry of entries.slice(0, 100)) past.add(entry);
    expect(heard).toEqual(entries.slice(0, 100).map((entry) => JSON.stringify(entry)));
  });
});
