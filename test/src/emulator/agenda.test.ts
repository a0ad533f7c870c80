import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Agenda } from '../../../src/emulator/agenda.ts';
import { silentLog } from '../../../src/telemetry/log.ts';

describe('the agenda', () => {
  it('runs everything, what is due first before what is due later', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(0, 8, 16, 24), { minLength: 1, maxLength: 60 }),
        async (delays) => {
          const agenda = new Agenda(silentLog);
          const ran: number[] = [];
          await new Promise<void>((resolve) => {
            for (const delay of delays)
              agenda.in(delay, () => {
                if (ran.push(delay) === delays.length) resolve();
              });
          });
          agenda.close();
          expect(ran).toEqual([...delays].sort((a, b) => a - b));
        },
      ),
      { numRuns: 20 },
    ));

  it('never runs what is due at infinity, nor anything after it was closed', async () => {
    const agenda = new Agenda(silentLog);
    const ran: string[] = [];
    agenda.in(Number.POSITIVE_INFINITY, () => ran.push('infinity'));
    agenda.in(5, () => ran.push('closed'));
    agenda.close();
    agenda.in(0, () => ran.push('late'));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(ran).toEqual([]);
  });

  it('goes on after a step that failed', async () => {
    const errors: string[] = [];
    const agenda = new Agenda({ report: (name) => void errors.push(name) });
    agenda.in(0, () => {
      throw new Error('bad step');
    });
    await new Promise<void>((resolve) => agenda.in(1, resolve));
    agenda.close();
    expect(errors).toEqual(['emulator.stepFailed']);
  });
});
