import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The only other host that the page may show, in a frame, and only when its button is pressed. */
export const stately = 'https://stately.ai';

/** Made by `npm run build`. */
const folder = 'dist/page';

const types: Record<string, string> = {
  '/inspector.js': 'text/javascript; charset=utf-8',
  '/inspector.css': 'text/css; charset=utf-8',
};

function read(name: string): string | null {
  const root = dirname(createRequire(import.meta.url).resolve('scaler-ecs/package.json'));
  try {
    return readFileSync(join(root, folder, name), 'utf8');
  } catch {
    return null;
  }
}

const common = { 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' };

/** A file that the page loads; null: there is no such file. */
export function pageFile(
  path: string,
): { content: string; headers: Record<string, string> } | null {
  const type = types[path];
  const content = type === undefined ? null : read(path.slice(1));
  if (type === undefined || content === null) return null;
  return { content, headers: { ...common, 'content-type': type } };
}

/** The page itself. It loads nothing from another host. */
export function pageHtml(
  token: string,
  nonce: string,
): { html: string; headers: Record<string, string> } {
  const isBuilt = read('inspector.js') !== null;
  const body = isBuilt
    ? `<div id="page"><p class="hint">Loading …</p></div>
<script type="module" nonce="${nonce}" src="/inspector.js?token=${token}"></script>`
    : '<p>The page has not been built: run <code>npm run build</code> and load it again.</p>';
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
    `frame-src ${stately}`,
    ...["frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"],
  ];
  return {
    headers: {
      ...common,
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy.join('; '),
      'referrer-policy': 'no-referrer',
    },
    html: `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>scaler-ecs inspector</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/inspector.css?token=${token}">
</head>
<body>
${body}
</body>
</html>
`,
  };
}
