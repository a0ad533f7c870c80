import { AwsError } from './awsError.ts';
import { accountId } from './model.ts';

/** ARN of the IAM user that every request is attributed to. */
export const callerArn = `arn:aws:iam::${accountId}:user/emulated`;

/** The AccessDeniedException of AWS for an action on a resource. */
export const accessDenied = (action: string, resource: string): AwsError =>
  new AwsError(
    'AccessDeniedException',
    `User: ${callerArn} is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`,
  );

/** Throws AccessDeniedException unless an entry of the allow list (`ecs:RunTask`, `ecs:Describe*`, `*`) matches the action; null allows every action. */
export function checkAllowed(allowed: string[] | null, action: string, resource: string): void {
  if (allowed === null) return;
  const actionName = action.toLowerCase();
  const allows = (entry: string) => {
    const [head = '', ...rest] = entry.toLowerCase().split('*');
    return rest.length === 0 ? head === actionName : actionName.startsWith(head);
  };
  if (!allowed.some(allows)) throw accessDenied(action, resource);
}
