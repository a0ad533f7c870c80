import type { ECSClient } from '@aws-sdk/client-ecs';
import { type AwsSettings, createEcsClient } from './client.ts';
import { placeOf } from './tasks/taskPlace.ts';

export interface RegionalEcs {
  /** Sends each command to the region that the ARNs of its tasks name; without such ARNs, to the region of the settings. */
  ecs: Pick<ECSClient, 'send'>;
  /** The client of the settings' region. */
  home: ECSClient;
  destroy(): void;
}

/**
 * ECS in all regions. After a change of the settings' region, tasks of the earlier one are looked at and stopped where
 * they run: elsewhere ECS would not know them, and they would count as gone.
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
  const send = (command: { input: object }, options?: object) =>
    clientOf(regionOf(command.input) ?? settings.region).send(command as never, options as never);
  return {
    ecs: { send: send as ECSClient['send'] },
    home,
    destroy() {
      for (const client of clients.values()) client.destroy();
    },
  };
}

function regionOf(input: { task?: unknown; tasks?: unknown }): string | undefined {
  const [taskArn = input.task] = Array.isArray(input.tasks) ? input.tasks : [];
  return typeof taskArn === 'string' ? placeOf(taskArn)?.region : undefined;
}
