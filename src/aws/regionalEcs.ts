import type { ECSClient } from '@aws-sdk/client-ecs';
import { placeOf, regionOf } from '../../machines/shared/taskPlace.ts';
import { type AwsSettings, createEcsClient } from './client.ts';

export interface RegionalEcs {
  /** Sends each command to the region that the ARNs in it name; without such ARNs, to the region of the settings. */
  ecs: Pick<ECSClient, 'send'>;
  /** The client of the settings' region. */
  home: ECSClient;
  destroy(): void;
}

/**
 * ECS in all regions. After a change of the settings' region, tasks of the earlier one are looked at and stopped where
 * they run: elsewhere ECS would not know them, and they would count as gone. A launch that an earlier run left open is sent where it was sent first.
 */
export function createRegionalEcs(
  settings: AwsSettings,
  create: (settings: AwsSettings) => ECSClient = createEcsClient,
): RegionalEcs {
  const home = create(settings);
  const clients = new Map([[settings.region, home]]);
  const clientOf = (region: string): ECSClient => {
    const client = clients.get(region) ?? create({ ...settings, region });
    clients.set(region, client);
    return client;
  };
  const send = (command: { input: object }, options?: object) => {
    const client = clientOf(regionNamedIn(command.input) ?? settings.region);
    command.input = withClusterName(command.input);
    return client.send(command as never, options as never);
  };
  return {
    ecs: { send: send as ECSClient['send'] },
    home,
    destroy() {
      for (const client of clients.values()) client.destroy();
    },
  };
}

/** Members of a request that may be ARNs: of tasks, of the revision that a launch was journaled with, of a cluster. */
interface Named {
  task?: unknown;
  tasks?: unknown;
  taskDefinition?: unknown;
  cluster?: unknown;
}

/** A cluster of which no more than the region is known goes by its name there. */
function withClusterName(input: Named): object {
  const name = /^arn::ecs:[^:]*::cluster\/(.+)/.exec(String(input.cluster))?.[1];
  return name ? { ...input, cluster: name } : input;
}

function regionNamedIn({ task, tasks, taskDefinition, cluster }: Named): string | undefined {
  const [taskArn = task] = Array.isArray(tasks) ? tasks : [];
  if (typeof taskArn === 'string') return placeOf(taskArn)?.region;
  const [arn] = [taskDefinition, cluster].filter(
    (name) => typeof name === 'string' && name.startsWith('arn:'),
  );
  return typeof arn === 'string' ? regionOf(arn) : undefined;
}
