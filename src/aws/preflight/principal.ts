import type {
  ExistingTaskDefinition,
  TaskDefinitionSettings,
} from '../ensure/taskDefinitionDiff.ts';
import type { Identity } from './awsFacts.ts';

/** The principal whose policies the simulator reads: for an assumed role the role; null for the root user. */
export function simulatedPrincipal({ arn }: Pick<Identity, 'arn'>): string | null {
  if (arn.endsWith(':root')) return null;
  const [, partition, account, role] =
    /^arn:([\w-]+):sts::(\d+):assumed-role\/([^/]+)\//.exec(arn) ?? [];
  return role ? `arn:${partition}:iam::${account}:role/${role}` : arn;
}

/** The ARNs of the roles that tasks get, the execution role first: those of the settings, else of the definition. */
export function rolesWith(
  { executionRole, taskRole }: Pick<TaskDefinitionSettings, 'executionRole' | 'taskRole'>,
  existing: ExistingTaskDefinition | null | undefined,
): string[] {
  const { executionRoleArn, taskRoleArn } = existing?.definition ?? {};
  return [executionRole ?? executionRoleArn, taskRole ?? taskRoleArn].filter(
    (arn) => arn !== undefined,
  );
}
