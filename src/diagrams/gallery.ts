import { daemon } from '../../machines/daemon/daemon.ts';
import { actorTree, machinesBelow, treeOf } from './actorTree.ts';
import { chartOf } from './chart.ts';
import { layoutOf, treeLayout } from './layout.ts';
import { machineJson } from './machineJson.ts';
import { stateDiagram } from './mermaid.ts';
import { svgOf } from './svg.ts';
import { actionTable, eventTable, stateTable } from './tables.ts';

const head = `# What happens, drawn

Written by \`npm run diagrams\` from the code in \`machines/\`; not to be edited by hand.

In the pictures a dot marks the state in which a machine starts. A line in a box says \`event [condition] → state\`, or an
event that is answered without leaving the state, or which effect the state runs. A dashed box holds what every state inside
its frame does. Mermaid's drawings below them also say what is done on entry and exit. \`x done\` and \`x failed\` are how
the effect or actor \`x\` ended. \`set\` changes the context of the machine, \`tell\` sends another actor an event.

Each machine is also JSON (\`workerGroup.json\`) that \`createMachine\` of XState and Stately's editor
(https://stately.ai/registry/editor: import, JSON) take: the same graph without our functions.
`;

/** A drawing as Markdown shows it. */
export const drawn = (mermaid: string): string => `\`\`\`mermaid\n${mermaid}\`\`\`\n`;

const picture = (name: string): string => `![${name}](${name}.svg)\n`;

const folded = (title: string, text: string): string =>
  `<details><summary>${title}</summary>\n\n${text}\n</details>\n`;

/** All files of diagrams/, by name. */
export const gallery = async (): Promise<Map<string, string>> => {
  const files = new Map<string, string>();
  const tree = actorTree(daemon);
  const chapters: string[] = [];
  for (const machine of machinesBelow(daemon)) {
    const chart = chartOf(machine);
    const diagram = stateDiagram(chart);
    files.set(`${machine.id}.mmd`, diagram);
    files.set(`${machine.id}.svg`, svgOf(await layoutOf(chart), `States of ${machine.id}`));
    files.set(`${machine.id}.json`, `${JSON.stringify(machineJson(machine), null, 2)}\n`);
    const parts = [
      `## ${machine.id}\n`,
      `${machine.root.description ?? ''}\n`,
      picture(machine.id),
      folded('The same for Mermaid', drawn(diagram)),
      stateTable(chart),
      eventTable(chart),
      actionTable(chart),
    ];
    chapters.push(parts.filter((part) => part !== '').join('\n'));
  }
  files.set('actors.mmd', tree);
  files.set(
    'actors.svg',
    svgOf(await treeLayout(treeOf(daemon)), 'Actors, and which starts which'),
  );
  const actors = `## Which actor starts which\n\nSquare boxes are machines, round ones are effects; \`many\`: one for each launch, group or hundred groups.\n\n${picture('actors')}\n${folded('The same for Mermaid', drawn(tree))}`;
  files.set('README.md', [head, actors, ...chapters].join('\n'));
  return files;
};
