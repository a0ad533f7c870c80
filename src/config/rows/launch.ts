import { choiceOfPlatforms, logGroup, roleArn, stopSeconds, storageGib } from '../constraints.ts';
import { pairs, secrets, tags } from '../pairs.ts';
import { optional, setting } from '../row.ts';
import { choice, flag, text } from '../valueTypes.ts';

/** How Fargate tasks are launched and defined. What is not given stays as an existing task definition has it. */
export const launchRows = {
  ecs_tags: setting(pairs, [], {
    group: 'AWS and ECS',
    defaultText: 'none',
    help: 'Tags of the Fargate tasks, like "team=ml,env=prod"',
    check: tags,
  }),
  ecs_propagate_tags: setting(choice(['NONE', 'TASK_DEFINITION']), 'NONE', {
    group: 'AWS and ECS',
    help: 'Whether the Fargate tasks also get the tags of their task definition',
  }),
  ecs_execution_role: optional(text, {
    group: 'AWS and ECS',
    defaultText: 'ecsTaskExecutionRole, created if missing',
    help: 'ARN of the role with which ECS starts a task (pulls its image, writes its log, reads its secrets); with it the manager never touches IAM',
    check: roleArn,
  }),
  ecs_task_role: optional(text, {
    group: 'AWS and ECS',
    defaultText: 'as in the task definition',
    help: 'ARN of the role that the workers have in AWS',
    check: roleArn,
  }),
  ecs_log_group: optional(text, {
    group: 'AWS and ECS',
    defaultText: 'as in the task definition',
    help: 'Existing CloudWatch log group for the output of the containers (awslogs)',
    check: logGroup,
  }),
  ecs_ephemeral_storage: optional(storageGib, {
    group: 'AWS and ECS',
    defaultText: 'as in the task definition, else 20',
    help: 'GiB of disk of a Fargate task, 21 to 200',
  }),
  ecs_platform_version: optional(choiceOfPlatforms, {
    group: 'AWS and ECS',
    defaultText: 'LATEST',
    help: 'Fargate platform version',
  }),
  ecs_exec: setting(flag, false, {
    group: 'AWS and ECS',
    help: 'Allow "aws ecs execute-command" in the Fargate tasks; needs a task role that may use ssmmessages',
  }),
  ecs_stop_timeout: optional(stopSeconds, {
    group: 'AWS and ECS',
    defaultText: 'as in the task definition, else 120',
    help: 'Seconds from SIGTERM to SIGKILL of a container, 0 to 120',
  }),
  ecs_secrets: setting(pairs, [], {
    group: 'AWS and ECS',
    defaultText: 'as in the task definition',
    help: 'Environment variables of the workers from Secrets Manager or Systems Manager, as NAME=ARN; ecs_execution_role must be able to read them',
    check: secrets,
  }),
};
