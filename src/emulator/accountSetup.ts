import { AwsError } from './awsError.ts';
import { isMembers, object, text } from './members.ts';
import { type Account, regionOf } from './model.ts';
import { readNetwork } from './network.ts';
import { readPolicies } from './policy.ts';

const known = ['callerArn', 'policies', 'quotas', 'network', 'region'];

/**
 * Sets the account up, as `PUT /_emulator/account` does: the caller, its policies (null allows all), the vCPU quotas
 * by code, and the network of one Region (default us-east-1). What is left out stays. Throws a ValidationException.
 */
export function setAccount(account: Account, body: unknown): void {
  if (!isMembers(body))
    throw new AwsError('ValidationException', 'the set-up of an account is an object');
  const unknown = Object.keys(body).find((key) => !known.includes(key));
  if (unknown) throw new AwsError('ValidationException', `unknown member ${unknown}`);
  const { setup } = account;
  setup.callerArn = text(body, 'callerArn') ?? setup.callerArn;
  if (body.policies !== undefined)
    setup.policies = body.policies === null ? null : readPolicies(body.policies);
  for (const [code, value] of Object.entries(object(body, 'quotas') ?? {})) {
    if (typeof value !== 'number')
      throw new AwsError('ValidationException', `quota ${code} needs a number`);
    setup.quotas[code] = value;
  }
  const network = object(body, 'network');
  const region = text(body, 'region') ?? 'us-east-1';
  if (network) regionOf(account, region).network = readNetwork(network, region);
}
