import { decisionOn } from './access.ts';
import { AwsError } from './awsError.ts';
import type { Account } from './model.ts';
import type { Xml } from './xml.ts';

/** The elements of a list in a Query request: `Name.member.1` and so on, each with this suffix. */
function membersOf(query: URLSearchParams, name: string, suffix = ''): string[] {
  const values: string[] = [];
  for (let n = 1; query.has(`${name}.member.${n}${suffix}`); n++)
    values.push(query.get(`${name}.member.${n}${suffix}`) ?? '');
  return values;
}

/** The condition keys of the request, each with its first value. */
function contextOf(query: URLSearchParams): Record<string, string> {
  const keys = membersOf(query, 'ContextEntries', '.ContextKeyName');
  const values = keys.map(
    (_, index) => query.get(`ContextEntries.member.${index + 1}.ContextKeyValues.member.1`) ?? '',
  );
  return Object.fromEntries(keys.map((key, index) => [key, values[index] ?? '']));
}

/** SimulatePrincipalPolicy of IAM for the caller: every action on every resource. Throws NoSuchEntity for anyone else. */
export function simulatePrincipalPolicy(account: Account, query: URLSearchParams): Xml {
  const { callerArn } = account.setup;
  const source = query.get('PolicySourceArn') ?? '';
  const role = /:assumed-role\/([^/]+)\//.exec(callerArn)?.[1];
  if (callerArn.endsWith(':root') || !/^arn:aws[\w-]*:iam::\d{12}:(user|role|group)\//.test(source))
    throw new AwsError(
      'InvalidInput',
      `Invalid Entity Arn: ${source} does not clearly define entity type and name.`,
    );
  if (source !== callerArn && !(role && source.endsWith(`/${role}`)))
    throw new AwsError('NoSuchEntity', `The entity ${source} cannot be found.`, { status: 404 });
  const resources = membersOf(query, 'ResourceArns');
  const context = contextOf(query);
  const results = membersOf(query, 'ActionNames').flatMap((action) =>
    (resources.length > 0 ? resources : ['*']).map((resource) => ({
      EvalActionName: action,
      EvalResourceName: resource,
      EvalDecision: decisionOn(account, { action, resource, context }),
      MatchedStatements: {},
      MissingContextValues: {},
    })),
  );
  return { EvaluationResults: { member: results }, IsTruncated: 'false' };
}
