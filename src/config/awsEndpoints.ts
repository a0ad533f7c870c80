import type { AwsEndpoints, AwsProfile } from './awsProfile.ts';
import type { Environment } from './settings.ts';

/** The endpoints that the environment names, else the AWS profile, as the AWS SDK finds them. */
export function endpointsOf(env: Environment, profile: AwsProfile): AwsEndpoints {
  const [isIgnored] = [env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS, profile.ignoresEndpoints].filter(
    (value) => value === 'true' || value === 'false',
  );
  if (isIgnored === 'true') return { ecs: null, sts: null };
  const all = env.AWS_ENDPOINT_URL;
  return {
    ecs: env.AWS_ENDPOINT_URL_ECS || all || profile.endpoints.ecs,
    sts: env.AWS_ENDPOINT_URL_STS || all || profile.endpoints.sts,
  };
}
