import { copyFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { build } from 'esbuild';

const root = new URL('../../', import.meta.url);
const pathOf = (name: string): string => new URL(name, root).pathname;
const read = (name: string): string => readFileSync(pathOf(`diagrams/${name}`), 'utf8');

/** The pictures and the graphs of diagrams/, by machine. */
const charts = Object.fromEntries(
  readdirSync(pathOf('diagrams')).flatMap((file) => {
    if (!file.endsWith('.json')) return [];
    const name = file.slice(0, -'.json'.length);
    return [[name, { svg: read(`${name}.svg`), config: JSON.parse(read(file)) }]];
  }),
);

mkdirSync(pathOf('dist/page'), { recursive: true });
await build({
  entryPoints: [pathOf('src/page/main.ts')],
  outfile: pathOf('dist/page/inspector.js'),
  ...{ bundle: true, format: 'esm', target: 'es2022', minify: true },
  define: { CHARTS: JSON.stringify(charts) },
});
copyFileSync(pathOf('src/page/inspector.css'), pathOf('dist/page/inspector.css'));
