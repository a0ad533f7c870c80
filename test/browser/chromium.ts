import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, chromium, type Page } from 'playwright-core';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Chromium of this machine; undefined: there is none. In CI it must be there. */
export const executable = [process.env.CHROMIUM ?? '', ...places].find((path) => existsSync(path));
if (!executable && process.env.CI) throw new Error('CI needs Chromium: apt-get install chromium');

export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: executable as string, args: ['--no-sandbox'] });

export interface Opened {
  page: Page;
  /** What went wrong in the page: exceptions, and messages of the console. */
  troubles: string[];
  /** Addresses that the page asked for, without their query. */
  asked: string[];
}

export interface Screen {
  width?: number;
  height?: number;
  dark?: boolean;
}

export async function openPage(
  browser: Browser,
  url: string,
  { width = 1280, height = 800, dark = false }: Screen = {},
): Promise<Opened> {
  const page = await browser.newPage({
    viewport: { width, height },
    ...{ colorScheme: dark ? 'dark' : 'light', timezoneId: 'UTC' },
  });
  const troubles: string[] = [];
  const asked: string[] = [];
  page.on('pageerror', ({ message }) => troubles.push(message));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') troubles.push(message.text());
  });
  page.on('request', (request) => asked.push(request.url().replace(/\?.*/, '')));
  await page.goto(url);
  return { page, troubles, asked };
}

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** What axe finds against the accessibility of what is shown now. */
export async function accessibilityTroubles(page: Page): Promise<string[]> {
  // The page's policy allows no script but its own, so this one comes through the debugger.
  const { readFileSync } = await import('node:fs');
  await page.evaluate(readFileSync(axe, 'utf8'));
  return page.evaluate(async () => {
    const { violations } = await (
      globalThis as unknown as {
        axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
      }
    ).axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  });
}
