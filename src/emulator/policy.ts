import { AwsError } from './awsError.ts';
import { isMembers, type Members } from './members.ts';

/** One use of a permission: the action, the ARN of the resource, and the condition keys that AWS would fill. */
export interface Access {
  action: string;
  resource: string;
  context?: Record<string, string>;
}

/** What IAM decides, in the words of the policy simulator. */
export type Decision = 'allowed' | 'explicitDeny' | 'implicitDeny';

function listOf(value: unknown): string[] {
  const list = Array.isArray(value) ? value : value === undefined ? [] : [value];
  return list.map(String);
}

/** Whether a text matches a pattern of IAM: `*` for any characters, `?` for one. */
function like(pattern: string, text: string): boolean {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's').test(text);
}

const operators: Record<string, (wanted: string, given: string) => boolean> = {
  StringEquals: (wanted, given) => wanted === given,
  StringLike: like,
  ArnEquals: like,
  ArnLike: like,
};

/** Whether every condition of a statement holds. A key that the request does not have fails. */
function holds(conditions: Members, context: Record<string, string>): boolean {
  return Object.entries(conditions).every(([operator, keys]) => {
    const compare = operators[operator];
    if (!compare || !isMembers(keys)) return false;
    return Object.entries(keys).every(([key, wanted]) => {
      const given = context[key];
      return given !== undefined && listOf(wanted).some((value) => compare(value, given));
    });
  });
}

function covers(statement: Members, { action, resource, context = {} }: Access): boolean {
  return (
    listOf(statement.Action).some((one) => like(one.toLowerCase(), action.toLowerCase())) &&
    listOf(statement.Resource).some((one) => like(one, resource)) &&
    holds(isMembers(statement.Condition) ? statement.Condition : {}, context)
  );
}

/** What identity-based policies say about one access. A Deny wins over every Allow. */
export function decide(policies: readonly Members[], access: Access): Decision {
  const statements = policies.flatMap(({ Statement }) =>
    (Array.isArray(Statement) ? Statement : [Statement]).filter(isMembers),
  );
  const effects = statements.filter((one) => covers(one, access)).map(({ Effect }) => Effect);
  if (effects.includes('Deny')) return 'explicitDeny';
  return effects.includes('Allow') ? 'allowed' : 'implicitDeny';
}

/** Reads policy documents from JSON: one, or a list. Throws a ValidationException. */
export function readPolicies(value: unknown): Members[] {
  const documents = Array.isArray(value) ? value : [value];
  for (const [index, document] of documents.entries()) {
    const statements = isMembers(document) ? document.Statement : undefined;
    const known = (Array.isArray(statements) ? statements : [statements]).every(
      (one) =>
        isMembers(one) &&
        (one.Effect === 'Allow' || one.Effect === 'Deny') &&
        listOf(one.Action).length > 0 &&
        listOf(one.Resource).length > 0 &&
        Object.keys(isMembers(one.Condition) ? one.Condition : {}).every((key) =>
          Object.hasOwn(operators, key),
        ),
    );
    if (!known)
      throw new AwsError(
        'ValidationException',
        `policy ${index + 1} needs statements with Effect, Action and Resource; conditions may use ${Object.keys(operators).join(', ')}`,
      );
  }
  return documents as Members[];
}
