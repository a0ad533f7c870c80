import { isKnownRegion } from '../../shared/regions.ts';
import type { AwsFacts } from './awsFacts.ts';
import { reasonOf } from './awsFacts.ts';
import { error, type Finding, ok, unchecked, warning } from './finding.ts';
import type { PreflightSettings } from './settings.ts';

const logIn = 'run aws login, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY';

/** Credentials, account and region. Pure. */
export function checkAccount(
  settings: Pick<PreflightSettings, 'region'>,
  facts: Pick<AwsFacts, 'credentials' | 'identity'>,
): Finding[] {
  const { credentials } = facts;
  if (!credentials.ok)
    return [
      ...checkRegion(settings.region),
      error(
        'credentials.missing',
        missingWords(credentials),
        'without credentials no call to AWS is possible',
        logIn,
      ),
    ];
  return [
    ...checkRegion(settings.region),
    ...checkCredentials(credentials.value),
    checkIdentity(facts),
  ];
}

function missingWords({ kind, message }: { kind: string; message: string }): string {
  if (kind === 'timeout') return 'no credentials were found in time';
  // No source had any, so that the last one that was asked tells nothing.
  if (/could not load credentials from any providers/i.test(message))
    return 'no credentials: none in the settings, in the environment, in ~/.aws, or from this host';
  return message;
}

function checkRegion(region: string): Finding[] {
  if (isKnownRegion(region)) return [];
  return [
    warning(
      'region.unknown',
      `${region} is no region of AWS that this program knows`,
      'in a region that does not exist no address can be resolved, and every call fails',
      'set --aws-region to a region like us-east-1',
    ),
  ];
}

function checkCredentials({
  source,
  temporary,
  renewed,
}: {
  source: string;
  temporary: boolean;
  renewed: boolean;
}): Finding[] {
  if (!temporary || renewed)
    return [
      ok('credentials.found', `credentials from ${source}${temporary ? ', renewed in time' : ''}`),
    ];
  return [
    warning(
      'credentials.temporary',
      `the credentials from ${source} are temporary and nothing renews them`,
      'when they expire the manager can neither launch nor stop Fargate tasks, which go on costing money',
      'use a profile, aws login or a role, which the AWS SDK renews',
    ),
  ];
}

function checkIdentity({ identity }: Pick<AwsFacts, 'identity'>): Finding {
  if (identity.ok) {
    const { account, arn } = identity.value;
    if (!arn.endsWith(':root')) return ok('account.identity', `account ${account}, as ${arn}`);
    return warning(
      'account.root',
      `account ${account}, as its root user`,
      'the root user cannot be restricted: whoever reads these keys owns the account',
      'make a user or role with the policies of scaler-ecs policy',
    );
  }
  if (identity.code === 'credentials') {
    const expired = /expired/i.test(identity.message);
    return error(
      expired ? 'credentials.expired' : 'credentials.invalid',
      `AWS does not accept the credentials: ${identity.message}`,
      'every call to AWS fails with them',
      logIn,
    );
  }
  if (identity.kind === 'timeout' || identity.kind === 'unreachable')
    return error(
      'account.unreachable',
      `AWS cannot be reached: ${reasonOf(identity)}`,
      'no Fargate task can be launched or stopped from here',
      'check the network, a proxy, --aws-region and AWS_ENDPOINT_URL',
    );
  return unchecked(
    'account.identity',
    `the account is not known: ${reasonOf(identity)}`,
    'doctor cannot say whose quotas and permissions apply',
    'run aws sts get-caller-identity with the same credentials',
  );
}
