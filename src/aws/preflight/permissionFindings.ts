import { diffCluster } from '../ensure/cluster.ts';
import { type AwsFacts, found, type Read, reasonOf } from './awsFacts.ts';
import { error, type Finding, listed, ok, unchecked, warning } from './finding.ts';
import { type Permission, permissionsOf, scopeOf } from './permissions.ts';
import { rolesWith } from './principal.ts';
import type { PreflightSettings } from './settings.ts';
import { needsRevision } from './taskDefinition.ts';

/** What is known about one permission: allowed, denied, or null. */
type Known = boolean | null;

/** Actions that doctor has really called. A read that failed for another reason says nothing. */
function byCall(action: string, facts: AwsFacts): Known {
  const reads: Record<string, Read<unknown>> = {
    'ecs:DescribeClusters': facts.cluster,
    'ecs:DescribeTaskDefinition': facts.definition,
    'ecs:ListTasks': facts.listTasks,
    'ecs:DescribeTasks': facts.describeTasks,
    'iam:GetRole': facts.executionRole,
  };
  const read = reads[action];
  if (!read) return null;
  // AWS looks for the cluster only after the permission.
  if (read.ok || read.code === 'clusterMissing') return true;
  return read.code === 'denied' ? false : null;
}

function bySimulation(action: string, { simulation }: AwsFacts): Known {
  const decisions = (found(simulation) ?? []).filter((each) => each.action === action);
  return decisions.length === 0 ? null : decisions.every(({ allowed }) => allowed);
}

/** The permissions of the first run that are still needed: what exists is not created again. */
function isNeeded(
  { action, phase }: Permission,
  settings: PreflightSettings,
  facts: AwsFacts,
): boolean {
  if (phase === 'doctor') return false;
  const cluster = found(facts.cluster);
  const definition = found(facts.definition);
  switch (action) {
    case 'ecs:CreateCluster':
      return cluster?.status !== 'ACTIVE';
    case 'ecs:PutClusterCapacityProviders':
      return diffCluster(settings, cluster).action === 'associateProviders';
    case 'iam:CreateServiceLinkedRole':
      return facts.serviceLinkedRole.ok && !facts.serviceLinkedRole.value && !cluster;
    case 'ecs:RegisterTaskDefinition':
      return definition !== undefined && needsRevision(settings, definition);
    case 'ecs:TagResource':
      if (phase === 'steadyState') return true;
      return !!definition && definition.tags.length > 0 && needsRevision(settings, definition);
    case 'iam:CreateRole':
    case 'iam:AttachRolePolicy':
      return definition === null && found(facts.executionRole) === null;
    case 'iam:PassRole':
      return !definition || rolesWith(settings, definition).length > 0;
    default:
      return true;
  }
}

/** Each IAM action that run calls: allowed, denied, or unchecked and why. Pure. */
export function checkPermissions(settings: PreflightSettings, facts: AwsFacts): Finding[] {
  const { identity, simulation } = facts;
  if (!facts.credentials.ok || (!identity.ok && identity.code === 'credentials')) return [];
  if (identity.ok && identity.value.arn.endsWith(':root'))
    return [ok('permissions.root', 'the root user may call every action')];
  const scope = scopeOf(settings, {
    account: found(identity)?.account,
    roles: rolesWith(settings, found(facts.definition)),
  });
  const needed = permissionsOf(scope).filter((each) => isNeeded(each, settings, facts));
  const judged = needed.map((permission) => ({
    permission,
    known: byCall(permission.action, facts) ?? bySimulation(permission.action, facts),
  }));
  const namesOf = (wanted: Known) =>
    judged.filter(({ known }) => known === wanted).map(({ permission }) => permission.action);
  const denied = judged.filter(({ known }) => known === false);
  const allowed = namesOf(true);
  const open = namesOf(null);
  return [
    ...denied.map(({ permission }) => deniedFinding(permission)),
    ...(allowed.length > 0 ? [ok('permissions.allowed', `allowed: ${listed(allowed)}`)] : []),
    ...(open.length > 0
      ? [
          unchecked(
            'permissions.unchecked',
            `not checked: ${listed(open)}`,
            simulation.ok
              ? 'the policy simulator says nothing about them'
              : `these actions change something, so that only the policy simulator can try them; it was not asked: ${reasonOf(simulation)}`,
            'allow iam:SimulatePrincipalPolicy on your own user or role, or compare with scaler-ecs policy',
          ),
        ]
      : []),
  ];
}

function deniedFinding({ action, lostWithout, phase }: Permission): Finding {
  const remedy = `allow it: scaler-ecs policy --part ${phase === 'firstRun' ? 'first-run' : 'steady-state'}`;
  const what = `${action} is denied`;
  if (lostWithout !== undefined) return warning(`permission.${action}`, what, lostWithout, remedy);
  const why =
    action === 'iam:PassRole'
      ? 'ECS refuses task definitions and launches with a role that the caller may not pass'
      : phase === 'firstRun'
        ? 'run cannot create what is missing'
        : 'run cannot do its work';
  return error(`permission.${action}`, what, why, remedy);
}
