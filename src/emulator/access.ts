import { AwsError } from './awsError.ts';
import { type Account, accountId } from './model.ts';
import { type Access, type Decision, decide } from './policy.ts';

/** ARN of the IAM user that every request is attributed to, unless the admin API has set another caller. */
export const callerArn = `arn:aws:iam::${accountId}:user/emulated`;

/** The AccessDeniedException of AWS for an action on a resource. */
export const accessDenied = (action: string, resource: string, caller = callerArn): AwsError =>
  new AwsError(
    'AccessDeniedException',
    `User: ${caller} is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`,
  );

/** Whether an entry of the allow list (`ecs:RunTask`, `ecs:Describe*`, `*`) matches the action. */
function isListed(allowed: string[], action: string): boolean {
  const actionName = action.toLowerCase();
  return allowed.some((entry) => {
    const [head = '', ...rest] = entry.toLowerCase().split('*');
    return rest.length === 0 ? head === actionName : actionName.startsWith(head);
  });
}

/** What the account's allow list and policies say about one access. Without either every access is allowed. */
export function decisionOn({ options, setup }: Account, access: Access): Decision {
  const { allowActions } = options;
  if (allowActions !== null && !isListed(allowActions, access.action)) return 'implicitDeny';
  return setup.policies === null ? 'allowed' : decide(setup.policies, access);
}

/** Throws AccessDeniedException for the first access that is not allowed. */
export function checkAllowed(account: Account, accesses: readonly Access[]): void {
  for (const access of accesses)
    if (decisionOn(account, access) !== 'allowed')
      throw accessDenied(access.action, access.resource, account.setup.callerArn);
}
