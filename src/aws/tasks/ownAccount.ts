import { EcsFailure } from '../errors.ts';

/** The account of our credentials; null: not known yet. */
export type OwnAccount = () => string | null;

/**
 * The failure of a call about a task or cluster of another account: ECS knows nothing of it under our credentials, and
 * that must not be taken for its end. Null: it is in our account, as far as is known.
 */
export function otherAccount(
  operation: string,
  account: string | undefined,
  own: string | null,
): EcsFailure | null {
  if (account === undefined || own === null || account === own) return null;
  return new EcsFailure(
    { kind: 'credentials', awsName: operation, code: 'otherAccount' },
    `${operation}: that is in AWS account ${account}, and our credentials are of account ${own}`,
  );
}
