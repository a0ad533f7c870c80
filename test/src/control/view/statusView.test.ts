import { describe, expect, it } from 'vitest';
import { trip } from '../../../../machines/fleet/circuitBreaker.ts';
import type { Status } from '../../../../src/control/api.ts';
import { deathText, drawStatus } from '../../../../src/control/view/statusView.ts';
import { render } from '../../../../src/shared/terminal/styledText.ts';
import { died, noon, statusSample } from '../../../support/controlSamples.ts';

const draw = (status: Status, columns = 200, detail = 5, unicode = true): string[] =>
  drawStatus(status, { columns, unicode, detail }).map((line) =>
    render(line, 1000, false).trimEnd(),
  );

describe('the status view', () => {
  it('tells scheduler, fleet, what holds launches and since when, limits, degraded groups and deaths', () => {
    expect(draw(statusSample())).toEqual([
      'wm-ecs  serving  scaler-ecs 0.1.0, pid 42, up 2 h 5 min  12:00:00',
      'Scheduler  tcp://127.0.0.1:8516 answers (last answer 1 s ago), Scaler 2.7 or newer over YMQ, workers 2.9.0',
      'AWS        scaler-cluster in us-east-1, listed 5 s ago, monitor connected',
      'Fleet      desired 8 (16 workers)  running 4  booting 1  draining 0  stopping 1',
      '           ██████████████████▓▓▓▓▓▓▒▒▒▒▒▒××××××························ 6 of at most 10: 3 busy, 1 idle',
      'Launching  held, 3 tasks missing',
      '           an operator holds launches: new image (since 30 s); cleared by the command resume',
      '           launches failed (quota), 1 times in a row: the limit is reached; one task is tried in 20 s (since 10 s); cleared by the time, then one task that succeeds',
      'Limits     at most 10 tasks of 2 workers; 1000 of 1000 launches now, 5/s',
      'Degraded   2 groups',
      '           e-1-3: 1 of its 2 workers are at the scheduler',
      'Deaths     11:59:00 deadbeef did not start: The image cannot be pulled: there is none of this name.',
    ]);
  });

  it('tells both numbers where the work needs more than the scheduler asks for', () => {
    const desiredWhy = 'scheduler asks 5, work needs 100';
    const ahead = { desired: 25, desiredWorkers: 5, workersAhead: 100, desiredWhy };
    expect(draw(statusSample(ahead))).toContainEqual(
      expect.stringContaining('desired 25 (scheduler asks 5, work needs 100)  running 4'),
    );
  });

  it('has no line that is longer than the terminal', () => {
    for (const columns of [40, 79, 119])
      for (const line of draw(statusSample(), columns))
        expect(line.length).toBeLessThanOrEqual(columns);
  });

  it('tells a breaker that holds only a part of the launches with the limits', () => {
    const failure = {
      ...{ cause: 'capacity' as const, reason: 'none', market: 'spot' as const, subnets: [] },
      ...{ groupId: null, signal: 'launched' as const },
    };
    const lines = draw(statusSample({ breakers: trip({}, failure, noon - 10_000) }));
    expect(lines).toContain(
      '           breaker capacity (spot) for 10 s: 1 in a row; one task is tried in 9 min 50 s',
    );
  });

  it('says that nothing holds launches when nothing does', () => {
    const lines = draw(statusSample({ breakers: {}, desired: 5 }, false));
    expect(lines).toContain('Launching  nothing holds it');
  });

  it('tells as many blockers one by one as there is room for', () => {
    const lines = draw(statusSample(), 200, 1);
    expect(lines).toContain('           and 1 other reason');
  });

  it('draws its bar in ASCII where the terminal has nothing else', () => {
    expect(draw(statusSample(), 200, 5, false).join('\n')).not.toMatch(/[^\n -~]/);
  });

  it('tells a scheduler that has never answered, an AWS that is not prepared, and money', () => {
    const status = statusSample({ lastEchoAt: null, inventoryAt: null });
    const lines = draw({
      ...status,
      scheduler: { ...status.scheduler, releases: null },
      aws: { ...status.aws, state: 'unprepared', trouble: 'denied\x1b[2J: ecs:CreateCluster' },
      fleet: {
        ...status.fleet,
        money: {
          ...{ usdPerHour: 1.5, usdToday: 0.25, usdTotal: 120, isLowerBound: true },
          limits: [
            {
              ...{ limit: 'perDay', allowed: 10, spent: 0.25, reserved: 0 },
              ...{ besides: 0, room: 3, until: null },
            },
          ],
        },
      },
    });
    expect(lines).toContain('Scheduler  tcp://127.0.0.1:8516 answers (never answered)');
    expect(lines).toContain('           not prepared: denied\\u{1b}[2J: ecs:CreateCluster');
    expect(lines).toContain(
      'Cost       $1.50 an hour, $0.2500 today, at least $120 in all; at most $10.00 today',
    );
  });
});

it('a death of a group without a task is told by its group', () => {
  const words = deathText(
    died({ taskArn: null, cause: 'launchFailed', detail: 'AccessDenied' }),
    noon,
  );
  expect(words).toBe('11:59:00 e-9-0 not launched: We may not launch tasks.');
});
