export const arnOf = (revision: number) =>
  `arn:aws:ecs:us-east-1:123456789012:task-definition/f:${revision}`;

/** Revision 3 as a person may have registered it: with logging, a task role and a second container. */
export const handmade = {
  taskDefinitionArn: arnOf(3),
  family: 'f',
  revision: 3,
  status: 'ACTIVE' as const,
  registeredAt: new Date(),
  registeredBy: 'arn:aws:iam::123456789012:user/u',
  deregisteredAt: undefined,
  requiresAttributes: [{ name: 'a' }],
  compatibilities: ['EC2' as const, 'FARGATE' as const],
  cpu: '4096',
  memory: '30720',
  networkMode: 'awsvpc' as const,
  requiresCompatibilities: ['FARGATE' as const],
  executionRoleArn: 'arn:aws:iam::123456789012:role/own',
  taskRoleArn: 'arn:aws:iam::123456789012:role/inside',
  runtimePlatform: {
    cpuArchitecture: 'X86_64' as const,
    operatingSystemFamily: 'LINUX' as const,
  },
  ephemeralStorage: { sizeInGiB: 50 },
  containerDefinitions: [
    { name: 'helper', image: 'helper:9' },
    {
      name: 'scaler-container',
      image: 'image:1',
      essential: true,
      memory: 30720,
      stopTimeout: 120,
      logConfiguration: { logDriver: 'awslogs' as const, options: { 'awslogs-group': 'g' } },
    },
  ],
};
