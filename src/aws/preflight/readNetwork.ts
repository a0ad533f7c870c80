import type { EC2Client } from '@aws-sdk/client-ec2';
import { clientOptions } from '../client.ts';
import { guardExchanges } from '../exchange.ts';
import type { Network } from './awsFacts.ts';
import type { PreflightAws } from './preflightAws.ts';
import { read } from './read.ts';
import type { PreflightSettings } from './settings.ts';

/** Reads subnets, VPCs, route tables and security groups. Loads the client of EC2. */
export async function readNetwork(
  settings: PreflightSettings,
  aws: PreflightAws,
): Promise<Network> {
  const library = await import('@aws-sdk/client-ec2');
  const clientIn = (region: string) => {
    const client = new library.EC2Client(clientOptions({ ...aws, region }));
    guardExchanges(client, aws.connections);
    return client;
  };
  const ec2 = clientIn(aws.region);
  const ids = [...settings.subnets];
  const byFilter = (Name: string, Values: string[]) => ({ Filters: [{ Name, Values }] });
  const subnetsIn = (client: EC2Client, abortSignal: AbortSignal) => {
    const command = new library.DescribeSubnetsCommand(byFilter('subnet-id', ids));
    return client.send(command, { abortSignal });
  };
  const subnets = await read('DescribeSubnets', async (signal) => {
    const { Subnets = [] } = await subnetsIn(ec2, signal);
    return Subnets;
  });
  const vpcIds = [
    ...new Set((subnets.ok ? subnets.value : []).flatMap(({ VpcId }) => VpcId ?? [])),
  ];
  const inVpcs = byFilter('vpc-id', vpcIds);
  const groups = {
    Filters:
      settings.securityGroups.length > 0
        ? [{ Name: 'group-id', Values: [...settings.securityGroups] }]
        : [...inVpcs.Filters, { Name: 'group-name', Values: ['default'] }],
  };
  const none = { ok: true, value: [] } as const;
  const isKnown = vpcIds.length > 0;
  const [vpcs, routeTables, securityGroups, subnetsElsewhere] = await Promise.all([
    isKnown
      ? read('DescribeVpcs', async (abortSignal) => {
          const command = new library.DescribeVpcsCommand(inVpcs);
          return (await ec2.send(command, { abortSignal })).Vpcs ?? [];
        })
      : { ...none, value: [] },
    isKnown
      ? read('DescribeRouteTables', async (abortSignal) => {
          const command = new library.DescribeRouteTablesCommand(inVpcs);
          return (await ec2.send(command, { abortSignal })).RouteTables ?? [];
        })
      : { ...none, value: [] },
    isKnown || settings.securityGroups.length > 0
      ? read('DescribeSecurityGroups', async (abortSignal) => {
          const command = new library.DescribeSecurityGroupsCommand(groups);
          return (await ec2.send(command, { abortSignal })).SecurityGroups ?? [];
        })
      : { ...none, value: [] },
    readElsewhere(),
  ]);
  ec2.destroy();
  return { subnets, subnetsElsewhere, vpcs, routeTables, securityGroups };

  /** The subnets in the region of the environment, if they are not all in the region of the settings. */
  async function readElsewhere(): Promise<string[]> {
    const { otherRegion } = settings;
    if (otherRegion === null || !subnets.ok || subnets.value.length === ids.length) return [];
    const other = clientIn(otherRegion);
    const found = await read('DescribeSubnets', (signal) => subnetsIn(other, signal));
    other.destroy();
    const known = found.ok ? (found.value.Subnets ?? []) : [];
    return known.flatMap(({ SubnetId }) => SubnetId ?? []);
  }
}
