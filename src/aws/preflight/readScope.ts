import { DescribeTaskDefinitionCommand } from '@aws-sdk/client-ecs';
import { createEcsClient } from '../client.ts';
import { found } from './awsFacts.ts';
import { callerIdentity } from './callerIdentity.ts';
import { type Scope, scopeOf } from './permissions.ts';
import type { PreflightAws } from './preflightAws.ts';
import { rolesWith, simulatedPrincipal } from './principal.ts';
import { read } from './read.ts';
import type { PreflightSettings } from './settings.ts';

/** The scope of the policies: account and caller by STS, roles by an existing task definition, as far as AWS answers. */
export async function readScope(settings: PreflightSettings, aws: PreflightAws): Promise<Scope> {
  const ecs = createEcsClient(aws);
  const [identity, definition] = await Promise.all([
    read('GetCallerIdentity', (signal) => callerIdentity(ecs, aws, signal)),
    read('DescribeTaskDefinition', (abortSignal) =>
      ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: settings.family }), {
        abortSignal,
      }),
    ),
  ]);
  ecs.destroy();
  const caller = found(identity);
  const existing = found(definition)?.taskDefinition;
  return scopeOf(settings, {
    account: caller?.account,
    principal: caller ? (simulatedPrincipal(caller) ?? undefined) : undefined,
    roles: rolesWith(settings, existing ? { definition: existing, tags: [] } : null),
  });
}
