import { describe, expect, it } from 'vitest';
import { rememberCalls } from '../../../src/daemon/lastCalls.ts';
import type { LateAws } from '../../../src/daemon/lateAws.ts';

const { signal } = new AbortController();
const noTasks = { startedAt: 0, tasks: [], unlisted: [] as object[] };

function account(answers: Partial<Record<keyof LateAws, unknown>> = {}) {
  const operation = (name: keyof LateAws) => () => {
    const answer = answers[name];
    return answer === undefined ? Promise.resolve(noTasks) : Promise.reject(answer);
  };
  return rememberCalls({
    runTask: operation('runTask'),
    stopTask: operation('stopTask'),
    describeTasks: operation('describeTasks'),
    list: operation('list'),
    prepare: operation('prepare'),
  } as unknown as LateAws);
}
const failure = (kind: string, message: string) => Object.assign(new Error(message), { kind });
const denied = failure('denied', 'no');

describe('rememberCalls', () => {
  it('has seen nothing before the first answer', () => {
    const { callsShown } = account();
    expect([callsShown().isAnswering, callsShown().trouble]).toEqual([false, null]);
  });

  it('knows why the last list was refused, until one is not', async () => {
    const answers: Partial<Record<keyof LateAws, unknown>> = { list: denied };
    const { operations, callsShown } = account(answers);
    expect(callsShown().denial).toBeNull();
    const listed = (answer: unknown) => {
      answers.list = answer;
      return operations.list(signal).catch(() => {});
    };
    await listed(denied);
    await operations.prepare(signal);
    expect(callsShown().denial).toBe('no');
    await listed(failure('unreachable', 'x'));
    expect(callsShown().denial).toBeNull();
    await listed(denied);
    await listed(undefined);
    expect(callsShown().denial).toBeNull();
  });

  it('knows why a cluster elsewhere was not in the last list', async () => {
    const { operations, callsShown } = account();
    expect(callsShown().unlisted).toBeNull();
    noTasks.unlisted = [{ cluster: 'there', kind: 'unreachable', code: 'x', reason: 'silent' }];
    await operations.list(signal);
    expect(callsShown().unlisted).toBe('silent');
    noTasks.unlisted = [];
    await operations.list(signal);
    expect(callsShown().unlisted).toBeNull();
  });

  it.each(['list', 'prepare'] as const)('keeps why %s has failed', async (name) => {
    const unreachable = failure('unreachable', 'connect ECONNREFUSED');
    const { operations, callsShown } = account({ [name]: unreachable });
    await expect(operations[name](signal)).rejects.toBe(unreachable);
    expect(callsShown().trouble).toBe('connect ECONNREFUSED');
  });

  it('knows whether AWS has carried out the last call', async () => {
    const { operations, callsShown } = account({ list: failure('throttled', 'x') });
    expect(callsShown().isAnswering).toBe(false);
    await operations.prepare(signal);
    expect(callsShown().isAnswering).toBe(true);
    await expect(operations.list(signal)).rejects.toThrow('x');
    expect(callsShown().isAnswering).toBe(false);
  });

  it('does not take a call that was given up for a failure', async () => {
    const { operations, callsShown } = account({ list: failure('unreachable', 'aborted') });
    await expect(operations.list(AbortSignal.abort())).rejects.toThrow('aborted');
    expect(callsShown().trouble).toBeNull();
  });
});
