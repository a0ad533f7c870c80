import { AwsError } from './awsError.ts';
import { accountId } from './model.ts';

export const callerArn = `arn:aws:iam::${accountId}:user/emulated`;

export const accessDenied = (action: string, resource: string): AwsError =>
  new AwsError(
    'AccessDeniedException',
    `User: ${callerArn} is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`,
  );

/** Throws unless the allow list (`ecs:RunTask`, `ecs:Describe*`, `*`) has the action; null allows everything. */
export function checkAllowed(allowed: string[] | null, action: string, resource: string): void {
  if (allowed === null) return;
  const actionName = action.toLowerCase();
  const allows = (entry: string) => {
    const [head = '', ...rest] = entry.toLowerCase().split('*');
    return rest.length === 0 ? head === actionName : actionName.startsWith(head);
  };
  if (!allowed.some(allows)) throw accessDenied(action, resource);
}
