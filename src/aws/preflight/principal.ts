import type { ExistingTaskDefinition } from '../ensure/taskDefinitionDiff.ts';
import type { Identity } from './facts.ts';

/** The principal whose policies the simulator reads: for an assumed role the role; null for the root user. */
export function simulatedPrincipal({ arn }: Pick<Identity, 'arn'>): string | null {
  if (arn.endsWith(':root')) return null;
  const [, partition, account, role] =
    /^arn:([\w-]+):sts::(\d+):assumed-role\/([^/]+)\//.exec(arn) ?? [];
  return role ? `arn:${partition}:iam::${account}:role/${role}` : arn;
}

/** The ARNs of the roles that tasks of a definition get, the execution role first. */
export function rolesOf(existing: ExistingTaskDefinition | null | undefined): string[] {
  const { executionRoleArn, taskRoleArn } = existing?.definition ?? {};
  return [executionRoleArn, taskRoleArn].filter((arn) => arn !== undefined);
}
