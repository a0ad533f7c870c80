import { expect, it } from 'vitest';
import { publicView } from '../../../../src/telemetry/inspector/publicView.ts';

it('shows numbers and names of ours, and no free text', () => {
  const context = {
    ...{ cohortId: 'cohort.1', monitor: 'connected', ending: false, lastPolledAt: 7 },
    ...{ reason: 'AWS says a secret', groups: { a: {}, b: {} } },
  };
  expect(publicView(context)).toEqual({
    ...{ cohortId: 'cohort.1', monitor: 'connected', ending: false, lastPolledAt: 7 },
    groups: '2 entries',
  });
});
