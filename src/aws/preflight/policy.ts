import { type Permission, type Phase, permissionsOf, type Scope } from './permissions.ts';

interface Statement {
  Sid: string;
  Effect: 'Allow';
  Action: string[];
  Resource: string[];
  Condition?: Record<string, Record<string, string>>;
}

/** An IAM policy as `aws iam put-user-policy --policy-document` takes it. */
export interface PolicyDocument {
  Version: '2012-10-17';
  Statement: Statement[];
}

/** `firstRun` is needed beside `steadyState` until everything exists; `doctor` only by doctor. */
export type Policies = Record<Phase, PolicyDocument>;

/** Permissions with the same resources and condition form one statement. */
function documentOf(phase: Phase, permissions: readonly Permission[]): PolicyDocument {
  const groups = new Map<string, Statement>();
  for (const { action, resources, condition } of permissions) {
    const key = JSON.stringify([resources, condition]);
    const known = groups.get(key);
    if (known) known.Action.push(action);
    else
      groups.set(key, {
        Sid: `${phase[0]?.toUpperCase()}${phase.slice(1)}${groups.size + 1}`,
        Effect: 'Allow',
        Action: [action],
        Resource: resources,
        ...(condition && { Condition: condition }),
      });
  }
  return { Version: '2012-10-17', Statement: [...groups.values()] };
}

/** The least-privilege policies of these settings. */
export function policiesFor(scope: Scope): Policies {
  const permissions = permissionsOf(scope);
  const of = (phase: Phase) =>
    documentOf(
      phase,
      permissions.filter((each) => each.phase === phase),
    );
  return { firstRun: of('firstRun'), steadyState: of('steadyState'), doctor: of('doctor') };
}
