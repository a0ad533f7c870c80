import { expect, it } from 'vitest';
import { explainFromJournal } from '../../../../src/daemon/control/fromJournal.ts';
import { openJournal } from '../../../../src/store/journal.ts';
import { silentLog } from '../../../../src/telemetry/log.ts';
import { ended, launch, settled, temporaryDir } from '../../store/samples.ts';

const arn = (id: string) => `arn:aws:ecs:us-east-1:123456789012:task/c/${id}`;

async function journalDir(): Promise<string> {
  const dir = temporaryDir();
  const journal = await openJournal(dir, silentLog);
  await journal.append(launch('e-1', 1_000));
  journal.note(settled('e-1', ['e-1-0', arn('aa11')], ['e-1-1', arn('bb22')]));
  journal.note(ended('e-1-1', arn('bb22'), 9_000));
  await journal.close();
  return dir;
}

it('tells the life of a group that ended, by id, by task, and as the last', async () => {
  const dir = await journalDir();
  for (const name of ['e-1-1', 'bb2', 'last']) {
    const explained = explainFromJournal(dir, name);
    expect(explained).toMatchObject({ life: { groupId: 'e-1-1', cause: 'exited' } });
    const { life } = explained as { life: { steps: { at: number; what: string }[] } };
    expect(life.steps.map(({ at, what }) => [at, what.split(':')[0]])).toEqual([
      [1_000, 'requested'],
      [1_500, 'launched'],
      [9_000, 'ended'],
    ]);
  }
});

it('tells of a group that had not ended that only the journal was read', async () => {
  const explained = explainFromJournal(await journalDir(), 'aa11');
  expect(explained).toMatchObject({ life: { groupId: 'e-1-0', isAlive: true } });
  expect(explained).toMatchObject({
    life: { diagnosis: expect.stringContaining('only its journal was read') },
  });
});

it('tells what is unknown, what is not clear, and where there is no journal', async () => {
  const dir = await journalDir();
  expect(explainFromJournal(dir, 'zz')).toEqual({ unknown: true });
  expect(explainFromJournal(temporaryDir(), 'last')).toBeNull();
});
