import type { Argv, CommandModule } from 'yargs';
import type { GroupStatus } from '../machines/cohort/groupStatus.ts';
import type { ControlClient } from '../src/control/client.ts';
import {
  type Filter,
  filters,
  groupRow,
  groupsHeading,
  type Order,
  orders,
  passes,
  sorted,
} from '../src/control/view/groupsView.ts';
import {
  type ControlArguments,
  controlOptions,
  printJson,
  printLines,
  withDaemon,
} from './controlOptions.ts';
import { printLife } from './explain.ts';

type GroupsArguments = ControlArguments & { id?: string | undefined; filter: Filter; sort: Order };

export const groupsCommand: CommandModule<object, GroupsArguments> = {
  command: 'groups [id]',
  describe: 'List the groups of a running daemon, or show one',
  builder: (parser) =>
    controlOptions(parser)
      .positional('id', {
        type: 'string',
        describe: 'Id of a group or of a Fargate task, or its beginning',
      })
      .option('filter', { choices: filters, default: 'all' as const, describe: 'Only these' })
      .option('sort', { choices: orders, default: 'id' as const, describe: 'Order of the list' })
      .example('scaler-ecs groups --filter degraded', 'Those with which something is wrong')
      .example('scaler-ecs groups 4f2e', 'The one whose task id begins so')
      .example(
        'scaler-ecs groups --json | jq length',
        'For a program',
      ) as unknown as Argv<GroupsArguments>,
  async handler(given) {
    const { id } = given;
    if (id !== undefined) {
      await withDaemon(given, async (client) => {
        printLife(await client.ask('explain', { group: id }), id, given.json);
      });
      return;
    }
    const all = await withDaemon(given, allGroups);
    const groups = sorted(
      all.filter((group) => passes(given.filter, group)),
      given.sort,
    );
    if (given.json) return printJson(groups);
    if (groups.length === 0) {
      process.stdout.write(all.length === 0 ? 'There are no groups.\n' : 'No group matches.\n');
      return;
    }
    const now = Date.now();
    printLines([groupsHeading(), ...groups.map((group) => groupRow(group, now))]);
  },
};

/** All groups, page by page. */
async function allGroups(client: ControlClient): Promise<GroupStatus[]> {
  const groups: GroupStatus[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await client.ask('groups', { cursor });
    groups.push(...page.groups);
    cursor = page.next;
  }
  return groups;
}
