import { daemon } from '../../machines/daemon/daemon.ts';
import { actorTree, machinesBelow } from './actorTree.ts';
import { chartOf } from './chart.ts';
import { stateDiagram } from './mermaid.ts';
import { actionTable, eventTable, stateTable } from './tables.ts';

const head = `# What happens, drawn

Written by \`npm run diagrams\` from the code in \`machines/\`; not to be edited by hand.

In the drawings an arrow says \`event [condition]\`, and the lines in a box say what a state does on
its entry, which effect it runs and what it answers without leaving. \`x done\` and \`x failed\` are
how the effect or actor \`x\` ended. \`set\` changes the context of the machine, \`tell\` sends another
actor an event.
`;

/** A drawing as Markdown shows it. */
export const drawn = (mermaid: string): string => `\`\`\`mermaid\n${mermaid}\`\`\`\n`;

/** All files of diagrams/, by name. */
export const gallery = (): Map<string, string> => {
  const files = new Map<string, string>();
  const tree = actorTree(daemon);
  const chapters = machinesBelow(daemon).map((machine) => {
    const chart = chartOf(machine);
    const diagram = stateDiagram(chart);
    files.set(`${machine.id}.mmd`, diagram);
    return [
      `## ${machine.id}\n`,
      `${machine.root.description ?? ''}\n`,
      drawn(diagram),
      stateTable(chart),
      eventTable(chart),
      actionTable(chart),
    ]
      .filter((part) => part !== '')
      .join('\n');
  });
  files.set('actors.mmd', tree);
  const actors = `## Which actor starts which\n\nBoxes are machines, rounded ones are effects; \`many\`: one for each launch, group or hundred groups.\n\n${drawn(tree)}`;
  files.set('README.md', [head, actors, ...chapters].join('\n'));
  return files;
};
