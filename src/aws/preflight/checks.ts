import { checkAccount } from './account.ts';
import { checkAddresses } from './addresses.ts';
import type { AwsFacts } from './awsFacts.ts';
import { checkCluster } from './cluster.ts';
import type { Finding } from './finding.ts';
import { checkImage } from './image.ts';
import { checkNetwork } from './network.ts';
import { checkPermissions } from './permissionFindings.ts';
import { checkQuota } from './quota.ts';
import { checkRoles } from './roles.ts';
import { checkSecurityGroups } from './securityGroups.ts';
import type { PreflightSettings } from './settings.ts';
import { checkTaskDefinition } from './taskDefinition.ts';

/** Everything that can be said about the settings and the AWS account. Pure. */
export function checkAws(settings: PreflightSettings, facts: AwsFacts): Finding[] {
  const account = checkAccount(settings, facts);
  const addresses = checkAddresses(settings, facts);
  // Without an account every other look failed for the same reason, which has been said.
  if (account.some(({ severity }) => severity === 'error')) return [...account, ...addresses];
  return [
    ...account,
    ...checkPermissions(settings, facts),
    ...checkCluster(settings, facts),
    ...checkTaskDefinition(settings, facts),
    ...checkRoles(settings, facts),
    ...checkImage(settings, facts),
    ...checkQuota(settings, facts),
    ...checkNetwork(settings, facts),
    ...checkSecurityGroups(settings, facts),
    ...addresses,
  ];
}
