import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { workerGroup } from '../../machines/group/workerGroup.ts';
import { type Inspection, startInspection } from '../../src/telemetry/inspector/inspect.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { scriptedWorld } from '../support/world.ts';
import { executable, launchBrowser, openPage } from './chromium.ts';

/** What Stately's page does at first: it says that it is there, and takes messages. */
const statelyStandIn = `<!doctype html><title>stand-in</title><ol></ol><script>
addEventListener('message', ({ data }) => {
  const line = document.createElement('li');
  line.textContent = data.type + ' ' + (data.name ?? data.event?.type ?? '');
  document.querySelector('ol').append(line);
});
parent.postMessage({ type: '@statelyai.connected' }, '*');
</script>`;

let browser: Browser;
const inspections: Inspection[] = [];
const pages: Page[] = [];

async function inspectedGroup() {
  const inspection = await startInspection(silentLog, { of: 'wm-ecs', port: 0 });
  inspections.push(inspection);
  const { actors } = scriptedWorld('stopTask');
  const group = createActor(workerGroup.provide({ actors }), {
    ...{ input: { groupId: 'g1' }, id: 'group.g1', inspect: inspection.observe },
  });
  group.start();
  return { inspection, group };
}

async function open(inspection: Inspection, hash = '') {
  const opened = await openPage(browser, inspection.url + hash);
  pages.push(opened.page);
  await opened.page.getByText('live', { exact: true }).first().waitFor();
  return opened;
}

describe.skipIf(!executable)('the page of a running daemon', () => {
  beforeAll(async () => {
    await import('../../src/page/build.ts');
    browser = await launchBrowser();
  }, 60_000);
  afterEach(async () => {
    await Promise.all(pages.splice(0).map((page) => page.close()));
    await Promise.all(inspections.splice(0).map((inspection) => inspection.close()));
  });
  afterAll(() => browser?.close());

  it('follows what happens, and stays at a moment that was chosen', async () => {
    const { inspection, group } = await inspectedGroup();
    const { page } = await open(inspection, '#/actor?actor=workerGroup');
    const lit = () => page.locator('.chart .leaf.lit > .title').allTextContents();
    await expect.poll(lit).toEqual(['requested']);
    group.send({ type: 'group.launched', taskArn: 'arn:aws:ecs:eu-west-1:1:task/c/t1' });
    await expect.poll(lit).toEqual(['provisioning']);
    await page.getByRole('button', { name: 'A second back' }).click();
    await expect.poll(() => page.url()).toContain('at=');
    group.send({ type: 'task.running' });
    await page.waitForTimeout(600);
    expect(await lit()).not.toEqual(['running']);
    await page.getByRole('button', { name: 'Live' }).click();
    await expect.poll(lit).toEqual(['running']);
  });

  it("shows the log's words about an actor, and its remedy", async () => {
    const { inspection } = await inspectedGroup();
    const { page } = await open(inspection, '#/actor?actor=workerGroup');
    inspection.log.report('actor.crashed', { actor: 'workerGroup', error: 'x is not a function' });
    await page.getByText('What to do:').waitFor();
  });

  it('says that the daemon is gone, keeps the past, and finds it again', async () => {
    const { inspection } = await inspectedGroup();
    const { page } = await open(inspection);
    await inspection.close();
    inspections.length = 0;
    await page.getByText('The daemon does not answer; trying again.').waitFor();
    await page.getByText('1 of 1 groups').waitFor();
  });

  it("feeds Stately's inspector once it has said that it is there", async () => {
    const { inspection, group } = await inspectedGroup();
    const { page } = await open(inspection, '#/stately');
    await page.route('https://stately.ai/**', (route) =>
      route.fulfill({ contentType: 'text/html', body: statelyStandIn }),
    );
    await page.getByRole('button', { name: 'Load https://stately.ai/inspect' }).click();
    await page.getByText('Connected to https://stately.ai: it shows 1 actors.').waitFor();
    group.send({ type: 'group.launched', taskArn: 'arn:aws:ecs:eu-west-1:1:task/c/t1' });
    const lines = page.frameLocator('iframe').locator('li');
    await expect
      .poll(() => lines.allTextContents())
      .toEqual([
        '@xstate.actor group.g1',
        '@xstate.event group.launched',
        '@xstate.snapshot group.launched',
      ]);
  });

  it('says in words that Stately cannot be reached', async () => {
    const { inspection } = await inspectedGroup();
    const { page } = await open(inspection, '#/stately');
    await page.route('https://stately.ai/**', (route) => route.abort());
    await page.getByRole('button', { name: 'Load https://stately.ai/inspect' }).click();
    await page
      .getByText('https://stately.ai cannot be reached: it has not answered within 10 s.')
      .waitFor({ timeout: 15_000 });
  });
});
