/** One call and its expected result. */
export interface Step {
  service: 'ecs' | 'iam';
  call: string;
  with: Record<string, unknown>;
  /** Expected answer; see `mismatch`. */
  answer?: unknown;
  /** The expected error, instead of an answer. */
  error?: { code: string; message: string };
  /** Repeats the call until `answer` matches, for at most 10 s. */
  eventually?: boolean;
  /** Values of the answer to save for later steps: name to path. */
  save?: Record<string, string>;
}

/** Replaces the emulator's fault rules for the following steps. */
export interface Faults {
  faults: unknown;
}

export interface Scenario {
  name: string;
  /** Why the scenario is not run with moto. */
  notMoto?: string;
  steps: (Step | Faults)[];
}

export const trust = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Service: 'ecs-tasks.amazonaws.com' },
      Action: 'sts:AssumeRole',
    },
  ],
});
export const policyArn = 'arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy';

export const ecsStep = (call: string, input: object, options: Partial<Step> = {}): Step => ({
  service: 'ecs',
  call,
  with: input as Record<string, unknown>,
  ...options,
});
export const iamStep = (call: string, input: object, options: Partial<Step> = {}): Step => ({
  ...ecsStep(call, input, options),
  service: 'iam',
});
export const failsWith = (code: string, message: string): Partial<Step> => ({
  error: { code, message },
});
export const failsWithInvalidParameter = (message: string) =>
  failsWith('InvalidParameterException', message);

export const container = { name: 'scaler-container', image: 'scaler:latest', memory: 512 };
export const taskDefinition = {
  family: 'scaler',
  cpu: '1024',
  memory: '2048',
  networkMode: 'awsvpc',
  requiresCompatibilities: ['FARGATE'],
  containerDefinitions: [container],
};
export const runTaskRequest = {
  cluster: 'fleet',
  taskDefinition: 'scaler',
  launchType: 'FARGATE',
  networkConfiguration: {
    awsvpcConfiguration: { subnets: ['$subnet'], securityGroups: [], assignPublicIp: 'ENABLED' },
  },
};
export const commandOverride = (value: string) => ({
  overrides: {
    containerOverrides: [{ name: 'scaler-container', environment: [{ name: 'COMMAND', value }] }],
  },
});
export const setupSteps = [
  ecsStep('CreateCluster', { clusterName: 'fleet' }),
  ecsStep('RegisterTaskDefinition', taskDefinition),
];
export const runTaskRefuses = (
  name: string,
  request: object,
  code: string,
  message: string,
): Scenario => ({
  name: `RunTask refuses ${name}`,
  notMoto: 'moto does not validate this',
  steps: [
    ...setupSteps,
    ecsStep('RunTask', { ...runTaskRequest, ...request }, failsWith(code, message)),
  ],
});
