import { describe, expect, it } from 'vitest';
import { livenessTroubles, readinessTroubles } from '../../../machines/fleet/health.ts';
import { noTasks } from '../../../machines/fleet/taskIndex.ts';
import { managerFacts } from '../../support/managerFacts.ts';

const at = 1_000_000_000;

describe('liveness', () => {
  it('is given while the control loop ticks, whatever the scheduler does', () => {
    expect(livenessTroubles(managerFacts(at, { lastEchoAt: null }), at + 15_000)).toEqual([]);
    expect(livenessTroubles(null, at)).toEqual([]);
  });

  it('ends when the control loop has not ticked for more than 15 s', () => {
    expect(livenessTroubles(managerFacts(at), at + 15_001)).toEqual([
      'the control loop stands still: no tick for 15 s',
    ]);
  });
});

describe('readiness', () => {
  it('is given when the scheduler answers, AWS is prepared and our tasks are listed', () => {
    expect(readinessTroubles(managerFacts(at), at + 5000)).toEqual([]);
  });

  it.each([
    ['has not started', null, 'the manager is starting'],
    [
      'has heard no echo',
      managerFacts(at, { lastEchoAt: null, connection: 'unacknowledged' }),
      'the scheduler has not answered any heartbeat yet',
    ],
    [
      'has heard the last echo long ago',
      managerFacts(at, { lastEchoAt: at - 20_000 }),
      'the scheduler does not answer: last echo 20 s ago (limit 6 s)',
    ],
    [
      'has lost its connection a moment ago',
      managerFacts(at, { connection: 'closed' }),
      'the connection to the scheduler is closed',
    ],
    [
      'shares its identity',
      managerFacts(at, { connection: 'conflict' }),
      'another manager uses the identity of this one',
    ],
    [
      'has workers that cannot serve',
      managerFacts(at, { mismatch: 'workers of 2.6.0 cannot serve' }),
      'workers of 2.6.0 cannot serve',
    ],
    [
      'is not prepared',
      managerFacts(at, { revision: null }),
      'cluster and task definition are not prepared yet',
    ],
    [
      'has never listed our tasks',
      managerFacts(at, { inventoryAt: null }),
      'there is no complete list of our tasks yet',
    ],
    [
      'has listed our tasks long ago',
      managerFacts(at, { inventoryAt: at - 180_001 }),
      'the list of our tasks is too old: 180 s (limit 180 s)',
    ],
    [
      'prepares AWS',
      managerFacts(at, { revision: null }, { lifecycle: 'preparing' }),
      'cluster and task definition are not prepared yet',
    ],
    [
      'could not prepare AWS',
      managerFacts(at, { revision: null }, { lifecycle: 'unprepared' }),
      'cluster and task definition are not prepared yet',
    ],
    ['is stopping', managerFacts(at, {}, { lifecycle: 'stopping' }), 'the manager is stopping'],
  ])('is not given to a manager that %s', (_, facts, reason) => {
    expect(readinessTroubles(facts, at)).toEqual([reason]);
  });

  it('gives each reason in its place: those of the scheduler first', () => {
    const facts = managerFacts(at, { mismatch: 'workers of 2.6.0 cannot serve', revision: null });
    expect(readinessTroubles(facts, at)).toEqual([
      'workers of 2.6.0 cannot serve',
      'cluster and task definition are not prepared yet',
    ]);
  });

  it('gives the list of a large fleet the pause that follows it', () => {
    const old = { inventoryAt: at - 260_000, taskIndex: { ...noTasks, size: 10_000 } };
    expect(readinessTroubles(managerFacts(at, old), at)).toEqual([]);
    expect(readinessTroubles(managerFacts(at, { ...old, inventoryAt: at - 260_001 }), at)).toEqual([
      'the list of our tasks is too old: 260 s (limit 260 s)',
    ]);
  });

  it('does not ask for a list that AWS never allows', () => {
    const facts = managerFacts(at, { denials: 3, inventoryAt: null });
    expect(readinessTroubles(facts, at)).toEqual([]);
  });
});
