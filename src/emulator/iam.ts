import { randomBytes } from 'node:crypto';
import { now } from '../shared/clock.ts';
import { AwsError } from './awsError.ts';
import { type Account, accountId, type Role, type Tag } from './model.ts';
import { simulatePrincipalPolicy } from './simulatePolicy.ts';
import { type Xml, xmlDocument } from './xml.ts';

/** Parameters of a Query API request, by name; list elements are `Name.member.1` and so on. */
export type Query = URLSearchParams;

function requiredParameter(query: Query, name: string): string {
  const value = query.get(name);
  if (!value)
    throw new AwsError(
      'ValidationError',
      `1 validation error detected: Value null at '${name[0]?.toLowerCase()}${name.slice(1)}' failed to satisfy constraint: Member must not be null`,
    );
  return value;
}

function roleOf(account: Account, query: Query): Role {
  const name = requiredParameter(query, 'RoleName');
  const role = account.roles.get(name);
  if (!role)
    throw new AwsError('NoSuchEntity', `The role with name ${name} cannot be found.`, {
      status: 404,
    });
  return role;
}

const isoTime = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

const roleView = (role: Role): Xml => ({
  Path: role.path,
  RoleName: role.name,
  RoleId: role.id,
  Arn: role.arn,
  CreateDate: isoTime(role.createdAt),
  AssumeRolePolicyDocument: encodeURIComponent(role.trust),
  ...(role.description === null ? {} : { Description: role.description }),
  MaxSessionDuration: String(role.maxSessionS),
  ...(role.tags.length === 0
    ? {}
    : { Tags: { member: role.tags.map(({ key, value }) => ({ Key: key, Value: value })) } }),
});

function tagsOf(query: Query): Tag[] {
  const tags: Tag[] = [];
  for (let n = 1; query.has(`Tags.member.${n}.Key`); n++)
    tags.push({
      key: query.get(`Tags.member.${n}.Key`) ?? '',
      value: query.get(`Tags.member.${n}.Value`) ?? '',
    });
  return tags;
}

function addRole(account: Account, name: string, path: string, trust: string, query: Query): Role {
  if (account.roles.has(name))
    throw new AwsError('EntityAlreadyExists', `Role with name ${name} already exists.`, {
      status: 409,
    });
  const role: Role = {
    name,
    path,
    id: `AROA${randomBytes(9).toString('hex').toUpperCase().slice(0, 17)}`,
    arn: `arn:aws:iam::${accountId}:role${path}${name}`,
    createdAt: now(),
    trust,
    description: query.get('Description'),
    maxSessionS: Number(query.get('MaxSessionDuration') ?? 3600),
    policies: new Map(),
    tags: tagsOf(query),
  };
  account.roles.set(name, role);
  return role;
}

function createRole(account: Account, query: Query): Xml {
  const name = requiredParameter(query, 'RoleName');
  if (!/^[\w+=,.@-]{1,64}$/.test(name))
    throw new AwsError('ValidationError', 'The specified value for roleName is invalid.');
  const trust = requiredParameter(query, 'AssumeRolePolicyDocument');
  try {
    JSON.parse(trust);
  } catch {
    throw new AwsError('MalformedPolicyDocument', 'This policy contains invalid Json');
  }
  return { Role: roleView(addRole(account, name, query.get('Path') ?? '/', trust, query)) };
}

/** The emulator does not know which managed policies exist: it accepts every well-formed policy ARN. Throws NoSuchEntity for any other text. */
function requiredPolicyArn(query: Query): string {
  const arn = requiredParameter(query, 'PolicyArn');
  if (!/^arn:aws[a-z-]*:iam::(aws|\d{12}):policy\/\S+$/.test(arn))
    throw new AwsError('NoSuchEntity', `Policy ${arn} does not exist or is not attachable.`, {
      status: 404,
    });
  return arn;
}

function createServiceLinkedRole(account: Account, query: Query): Xml {
  const service = requiredParameter(query, 'AWSServiceName');
  const name =
    service === 'ecs.amazonaws.com' ? 'AWSServiceRoleForECS' : `AWSServiceRoleFor-${service}`;
  if (account.roles.has(name))
    throw new AwsError(
      'InvalidInput',
      `Service role name ${name} has been taken in this account, please try a different suffix.`,
    );
  const trust = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
  });
  const path = `/aws-service-role/${service}/`;
  return { Role: roleView(addRole(account, name, path, trust, query)) };
}

/** Handlers by Action. They return the content of `<ActionResult>`, or null when the action has no result. */
export const iamActions: Record<string, (account: Account, query: Query) => Xml | null> = {
  GetRole: (account, query) => ({ Role: roleView(roleOf(account, query)) }),
  CreateRole: createRole,
  ListRoles: (account) => ({
    Roles: { member: [...account.roles.values()].map(roleView) },
    IsTruncated: 'false',
  }),
  DeleteRole: (account, query) => {
    const role = roleOf(account, query);
    if (role.policies.size > 0)
      throw new AwsError(
        'DeleteConflict',
        'Cannot delete entity, must detach all policies first.',
        {
          status: 409,
        },
      );
    account.roles.delete(role.name);
    return null;
  },
  AttachRolePolicy: (account, query) => {
    const arn = requiredPolicyArn(query);
    roleOf(account, query).policies.set(arn, arn.slice(arn.lastIndexOf('/') + 1));
    return null;
  },
  DetachRolePolicy: (account, query) => {
    const arn = requiredPolicyArn(query);
    if (!roleOf(account, query).policies.delete(arn))
      throw new AwsError('NoSuchEntity', `Policy ${arn} was not found.`, { status: 404 });
    return null;
  },
  ListAttachedRolePolicies: (account, query) => ({
    AttachedPolicies: {
      member: [...roleOf(account, query).policies].map(([arn, name]) => ({
        PolicyName: name,
        PolicyArn: arn,
      })),
    },
    IsTruncated: 'false',
  }),
  CreateServiceLinkedRole: createServiceLinkedRole,
  SimulatePrincipalPolicy: simulatePrincipalPolicy,
  GetCallerIdentity: ({ setup }) => ({
    Arn: setup.callerArn,
    UserId: 'AIDAEMULATED',
    Account: accountId,
  }),
};

const namespaces = {
  iam: 'https://iam.amazonaws.com/doc/2010-05-08/',
  sts: 'https://sts.amazonaws.com/doc/2011-06-15/',
};

const serviceOf = (action: string) => (action === 'GetCallerIdentity' ? 'sts' : 'iam');

/** The name of an action in policies, such as `iam:GetRole`. */
export const iamActionName = (action: string): string => `${serviceOf(action)}:${action}`;

/** The body of a successful answer. */
export const answerXml = (action: string, result: Xml | null, requestId: string): string =>
  xmlDocument(`${action}Response`, namespaces[serviceOf(action)], {
    ...(result === null ? {} : { [`${action}Result`]: result }),
    ResponseMetadata: { RequestId: requestId },
  });

/** Error codes that IAM spells differently from ECS. */
const iamCodes: Record<string, string> = {
  AccessDeniedException: 'AccessDenied',
  ThrottlingException: 'Throttling',
  ExpiredTokenException: 'ExpiredToken',
  ServerException: 'ServiceFailure',
  UnrecognizedClientException: 'InvalidClientTokenId',
};

/** HTTP status of an error answer of IAM or STS. */
export const iamStatus = ({ code, status }: AwsError): number =>
  ['AccessDenied', 'ExpiredToken', 'InvalidClientTokenId'].includes(iamCodes[code] ?? code)
    ? 403
    : status;

/** The body of an error answer. */
export const errorXml = (error: AwsError, requestId: string): string =>
  xmlDocument('ErrorResponse', namespaces.iam, {
    Error: {
      Type: error.status >= 500 ? 'Receiver' : 'Sender',
      Code: iamCodes[error.code] ?? error.code,
      Message: error.message,
    },
    RequestId: requestId,
  });
