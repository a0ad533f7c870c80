import { existsSync, readdirSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { startClient } from '../client.ts';
import { checkScaleDown, startDeployment, waitForResults } from '../deployment.ts';
import { defaultSetup } from '../manager.ts';
import { EXPECTED_RESULTS, type Outcome } from '../outcome.ts';
import { commandLine, processesMentioning } from '../procfs.ts';
import type { ScenarioContext } from '../scenarioContext.ts';

const MANAGER_ID = 'a b;touch X';
const CAPABILITY = 'g$(id)=1';

/** Manager id and capability with shell metacharacters reach the worker unchanged and are not executed. */
export async function hostileNames(context: ScenarioContext): Promise<Outcome> {
  const deployment = await startDeployment(context, {
    ...defaultSetup,
    managerId: MANAGER_ID,
    capabilities: CAPABILITY,
  });
  const { scheduler, monitor } = deployment;
  const client = await startClient(context, scheduler, { count: EXPECTED_RESULTS, sleep: 0.2 });

  const argv = await context.waitFor(
    'a worker program runs',
    60_000,
    () =>
      processesMentioning([`127.0.0.1:${scheduler.port}`])
        .map(({ pid }) => commandLine(pid))
        .find((words) => words.includes('baremetal_native')),
    [deployment.manager],
  );
  const wordAfter = (flag: string) => argv[argv.indexOf(flag) + 1];
  context.check(
    wordAfter('--worker-manager-id') === MANAGER_ID,
    `the worker has the manager id (${wordAfter('--worker-manager-id')})`,
  );
  context.check(
    wordAfter('--per-worker-capabilities') === CAPABILITY,
    `the worker has the capability (${wordAfter('--per-worker-capabilities')})`,
  );

  // Checked before the results: with a broken command the client would never finish.
  await context.sleep(1000);
  checkNothingExecuted(context);
  const results = await waitForResults(context, client, deployment);
  await context.checkWithin('the scheduler assigns the workers to this manager id', 5000, () =>
    [...(monitor.managers.get(MANAGER_ID) ?? [])].some((id) => monitor.workers.has(id)),
  );
  const offered = [...monitor.workers.values()].filter((one) => one !== null);
  context.check(
    offered.length > 0 && offered.every((one) => one['g$(id)'] === '1'),
    `the workers offer exactly this capability (${JSON.stringify(offered[0])})`,
  );
  return checkScaleDown(context, deployment, results);
}

/** `touch X` would create a file in the working directory of the process that executed it. */
function checkNothingExecuted(context: ScenarioContext): void {
  const within = readdirSync(context.dir, { recursive: true, encoding: 'utf8' }).map((file) =>
    join(context.dir, file),
  );
  const outside = [process.cwd(), homedir(), '/', tmpdir()].map((dir) => join(dir, 'X'));
  const createdFiles = [...within, ...outside.filter(existsSync)].filter((file) =>
    file.endsWith('/X'),
  );
  context.check(createdFiles.length === 0, `nothing was executed ${createdFiles.join(' ')}`);
}
