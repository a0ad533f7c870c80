import {
  ids,
  image,
  name,
  notEmpty,
  positive,
  pythonVersion,
  region,
  subnets,
} from '../constraints.ts';
import { optional, required, setting } from '../row.ts';
import { choice, list, text } from '../valueTypes.ts';

/** The account, and the Fargate tasks. */
export const awsRows = {
  aws_access_key_id: optional(text, {
    group: 'AWS and ECS',
    readBySdk: 'AWS_ACCESS_KEY_ID',
    defaultText: "the AWS SDK's provider chain",
    help: 'AWS access key; requires aws_secret_access_key',
    secret: true,
    check: notEmpty,
  }),
  aws_secret_access_key: optional(text, {
    group: 'AWS and ECS',
    readBySdk: 'AWS_SECRET_ACCESS_KEY',
    defaultText: "the AWS SDK's provider chain",
    help: 'AWS secret key; requires aws_access_key_id',
    secret: true,
    check: notEmpty,
  }),
  aws_session_token: optional(text, {
    group: 'AWS and ECS',
    readBySdk: 'AWS_SESSION_TOKEN',
    defaultText: "the AWS SDK's provider chain",
    help: 'AWS session token of temporary keys; requires both keys',
    secret: true,
    check: notEmpty,
  }),
  aws_region: setting(text, 'us-east-1', {
    group: 'AWS and ECS',
    help: 'AWS region',
    check: region,
  }),
  ecs_subnets: required(list, {
    group: 'AWS and ECS',
    help: 'Subnets for the Fargate tasks, comma-separated',
    check: subnets,
  }),
  ecs_security_groups: setting(list, [], {
    group: 'AWS and ECS',
    defaultText: "the VPC's default security group",
    help: 'Security groups for the Fargate tasks, comma-separated',
    check: ids('security group', 'sg-0abc1234def56789a', 5),
  }),
  ecs_assign_public_ip: setting(choice(['ENABLED', 'DISABLED']), 'ENABLED', {
    group: 'AWS and ECS',
    help: 'Whether the Fargate tasks get a public IP address; without one they need a NAT gateway',
  }),
  ecs_cluster: setting(text, 'scaler-cluster', {
    group: 'AWS and ECS',
    help: 'ECS cluster; created if missing',
    check: name('a name', /^(arn:[\w-]+:ecs:[\w-]+:\d{12}:cluster\/)?[A-Za-z0-9_-]{1,255}$/),
  }),
  ecs_task_definition: setting(text, 'scaler-task-definition', {
    group: 'AWS and ECS',
    help: 'Task definition family; created if missing',
    check: name('a family (no revision, no ARN)', /^[A-Za-z0-9_-]{1,255}$/),
  }),
  ecs_task_image: setting(text, 'public.ecr.aws/v4u8j8r6/scaler:latest', {
    group: 'AWS and ECS',
    help: 'Container image',
    check: image,
  }),
  ecs_python_requirements: setting(text, 'tomli;pargraph;parfun;pandas', {
    group: 'AWS and ECS',
    help: 'Python packages that the container installs when it starts: lines of a requirements file, or packages separated by ";"',
    check: notEmpty,
  }),
  ecs_python_version: setting(text, '3.12.11', {
    group: 'AWS and ECS',
    help: 'Python version of the container',
    check: pythonVersion,
  }),
  ecs_task_cpu: setting(positive, 4, {
    group: 'AWS and ECS',
    help: 'vCPUs of a Fargate task, which is also its number of workers: 1, 2, 4, 8 or 16',
  }),
  ecs_task_memory: setting(positive, 30, {
    group: 'AWS and ECS',
    help: 'Memory of a Fargate task in GB',
  }),
  ecs_task_architecture: setting(choice(['X86_64', 'ARM64']), 'X86_64', {
    group: 'AWS and ECS',
    help: 'CPU architecture of the Fargate tasks',
  }),
  capacity_provider: setting(choice(['none', 'FARGATE', 'FARGATE_SPOT']), 'none', {
    group: 'AWS and ECS',
    help: 'Capacity provider of the Fargate tasks; none means launch type FARGATE',
  }),
};
