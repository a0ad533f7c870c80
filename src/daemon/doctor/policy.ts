import { scopeOf } from '../../aws/preflight/permissions.ts';
import { type Policies, policiesFor } from '../../aws/preflight/policy.ts';
import { readScope } from '../../aws/preflight/readScope.ts';
import type { Config } from '../../config/config.ts';
import { awsOf, preflightSettings } from './preflightSettings.ts';

/**
 * The least-privilege policies of a manager. Without `account` AWS is asked for it; where AWS does not answer, the
 * ARNs name any account (`*`).
 */
export async function makePolicies(
  config: Config,
  env: Record<string, string | undefined>,
  account?: string,
): Promise<{ policies: Policies; account: string }> {
  const settings = preflightSettings(config, env);
  const scope =
    account === undefined
      ? await readScope(settings, awsOf(config))
      : scopeOf(settings, { account });
  return { policies: policiesFor(scope), account: scope.account };
}
