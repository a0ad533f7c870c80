import { describe, expect, it } from 'vitest';
import { lostAnswers } from '../../../src/scheduler/pendingResponse.ts';
import type { Generation } from '../../../src/scheduler/protocol/generations.ts';

const beatMs = 2000;

/** Beats every two seconds, each echoed; how many went out before it left, and for how long it stays away. */
function play(answers: ReturnType<typeof lostAnswers>, from: number, echoed = true) {
  const line = answers.opened(from);
  for (let at = from, sent = 0; at < from + 60_000; at += beatMs, sent++) {
    if (!line.mayBeat(at)) return { sent, away: answers.pause(at), at };
    if (echoed) line.echoed();
  }
  return null;
}

/** A connection on which a command of that generation came, and that broke. */
function broken(generation: Generation) {
  const answers = lostAnswers();
  answers.opened(0).commanded(generation);
  return answers;
}

describe('a scheduler that may wait for an answer', () => {
  it.each(['g2', 'g23'] as const)('of %s is left alone until it has forgotten us', (generation) => {
    const answers = broken(generation);
    expect(answers.pause(1000)).toBe(0);
    const left = play(answers, 1000);
    // Six beats, the last ten seconds after the first; twelve seconds from that one on it hears nothing.
    expect(left).toEqual({ sent: 6, away: 10_000, at: 13_000 });
    expect(answers.pause(23_000)).toBe(0);
  });

  it('is left once, not again and again', () => {
    const answers = broken('g2');
    expect(play(answers, 0)).not.toBeNull();
    expect(play(answers, 100_000)).toBeNull();
  });

  it('is not left when it commands', () => {
    const answers = broken('g2');
    const line = answers.opened(0);
    line.commanded('g2');
    expect(line.mayBeat(30_000)).toBe(true);
  });

  it('is not left while a heartbeat is unanswered: that could wedge it', () => {
    expect(play(broken('g2'), 0, false)).toBeNull();
  });

  it('is left also by a process whose predecessor may owe it something', () => {
    expect(play(lostAnswers(true), 0)).not.toBeNull();
    expect(play(lostAnswers(), 0)).toBeNull();
  });
});

it.each(['g1', 'g3', 'g4'] as const)(
  'never leaves a scheduler of %s, which waits for nothing',
  (of) => {
    expect(play(broken(of), 0)).toBeNull();
  },
);
