import { beforeEach, describe, expect, it } from 'vitest';
import { createAwsReachLine } from '../../../src/telemetry/awsReach.ts';
import { listening } from '../store/samples.ts';

let now: number;
let line: ReturnType<typeof createAwsReachLine>;
let lines: ReturnType<typeof listening>['lines'];

const endpoint = 'https://ecs.eu-west-1.amazonaws.com';
const message = 'ListTasks: ENOTFOUND: getaddrinfo ENOTFOUND ecs.eu-west-1.amazonaws.com';
const fail = (more: object = {}) =>
  line.on('awsCall.failed', {
    ...{ operation: 'ListTasks', ms: 3, kind: 'unreachable', code: 'connection' },
    ...{ awsName: 'ENOTFOUND', message, endpoint, ...more },
  });
const answer = (operation = 'ListTasks') => line.on('awsCall.answered', { operation, ms: 3 });
const reports = () => lines.splice(0).map(({ level, text, fields }) => [level, text, fields]);
const unreachable = ['warn', 'aws.unreachable', { endpoint, reason: message }];

beforeEach(() => {
  now = 0;
  const listener = listening();
  lines = listener.lines;
  line = createAwsReachLine(listener.log, () => now);
});

describe('an endpoint of AWS that gives no answer', () => {
  it('is reported at the first call of a run, once, and when it answers', () => {
    fail();
    expect(reports()).toEqual([unreachable]);
    for (now = 500; now < 30_000; now += 500) fail();
    fail({ operation: 'DescribeClusters' });
    expect(reports()).toEqual([]);
    answer();
    expect(reports()).toEqual([['info', 'aws.reached', { endpoint, seconds: 30 }]]);
    answer();
    expect(reports()).toEqual([]);
  });

  it('is reported after ten seconds without an answer once there was one', () => {
    answer();
    fail();
    now = 9_999;
    fail();
    answer();
    now = 11_000;
    fail();
    now = 20_999;
    fail();
    expect(reports()).toEqual([]);
    now = 21_000;
    fail();
    expect(reports()).toEqual([unreachable]);
  });

  it('is not over when another endpoint answers', () => {
    const iam = 'https://iam.amazonaws.com';
    answer();
    fail({ operation: 'GetRole', endpoint: iam });
    for (now = 1000; now <= 10_000; now += 1000) {
      answer();
      fail({ operation: 'GetRole', endpoint: iam });
    }
    expect(reports()).toEqual([
      ['warn', 'aws.unreachable', { endpoint: iam, reason: expect.any(String) }],
    ]);
  });

  it('is over when AWS refuses a call; nothing was missing when it refuses the first', () => {
    fail();
    fail({ kind: 'denied', requestId: 'r-1' });
    expect(reports().map(([, name]) => name)).toEqual(['aws.unreachable', 'aws.reached']);
    fail();
    expect(reports()).toEqual([]);
  });

  it('is not reported when a call was not sent because there are no credentials', () => {
    fail({ kind: 'credentials', endpoint: undefined });
    expect(reports()).toEqual([]);
  });

  it('is not over when a call ends without an answer for another reason', () => {
    now = 4000;
    fail();
    fail({ kind: 'credentials' });
    line.on('awsCall.waiting', { operation: 'ListTasks', kind: 'unreachable', requestId: 'r' });
    expect(reports()).toEqual([unreachable]);
    now = 9000;
    answer();
    expect(reports()).toEqual([['info', 'aws.reached', { endpoint, seconds: 5 }]]);
  });

  it('is not reported at an event that is not the end of a call', () => {
    line.on('awsCall.waiting', { operation: 'ListTasks', kind: 'unreachable', endpoint });
    expect(reports()).toEqual([]);
  });
});
