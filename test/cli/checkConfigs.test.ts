import { expect, it } from 'vitest';
import { checkConfigs } from '../../cli/checkConfigs.ts';
import { ConfigFailure } from '../../src/config/configFailure.ts';
import { run } from '../src/config/loaded.ts';

async function outcomeOf(flags: string[], env: Record<string, string> = {}) {
  const warnings: string[] = [];
  const failure = await checkConfigs([run({ flags, env }).config], (line) =>
    warnings.push(line),
  ).then(
    () => null,
    (error) => {
      expect(error).toBeInstanceOf(ConfigFailure);
      return (error as Error).message;
    },
  );
  return { failure, warnings };
}

it('takes settings with which run starts, without a word', async () => {
  expect(await outcomeOf([])).toEqual({ failure: null, warnings: [] });
});

it.each([
  [['--max-usd-per-hour', '0.01'], 'none is ever launched'],
  [['--max-usd-total', '5', '--aws-region', 'xx-west-9'], 'no price is known'],
  [['--preload', 'x'.repeat(9000)], '--preload'],
])('refuses %j, as run does', async (flags, words) => {
  expect((await outcomeOf(flags)).failure).toContain(words);
});

it('names the manager when there are several', async () => {
  const good = run({}).config;
  const bad = run({ flags: ['-wmi', 'second', '--max-usd-per-hour', '0.01'] }).config;
  await expect(checkConfigs([good, bad], () => {})).rejects.toThrow(/^second: --max-usd/);
});

it('warns of an unknown region, unless AWS has an endpoint of its own', async () => {
  const flags = ['--aws-region', 'narnia'];
  expect((await outcomeOf(flags)).warnings).toEqual([
    expect.stringContaining('narnia is no region of AWS that this program knows'),
  ]);
  for (const name of ['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_ECS'])
    expect((await outcomeOf(flags, { [name]: 'http://10.0.0.1:1' })).warnings).toEqual([]);
});
