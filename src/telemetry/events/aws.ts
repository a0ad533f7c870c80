import { kind, reason } from './common.ts';
import {
  count,
  type EventDefinition,
  flag,
  optional,
  quantity,
  text,
  texts,
} from './definition.ts';

const operation = text('API operation, as RunTask');
const ms = quantity('ms', 'from sending to the answer');
const requestId = optional(text("AWS's id of the request"));
const cluster = text('name of the ECS cluster');
const endpoint = optional(text('where the call was sent; absent: it is not known'));
const source = text('where the credentials come from: a profile, its helper, the environment');
const role = text('name of the execution role');

/** Calls of AWS, and what is made ready there. */
export const awsEvents = {
  'awsCall.answered': {
    level: 'debug',
    fields: { operation, ms, requestId },
    sentence: '{operation} answered after {ms} ms.',
  },
  'awsCall.failed': {
    level: 'debug',
    fields: {
      operation,
      ms,
      kind,
      code: text('row of our table of failures that decided the kind'),
      awsName: text("AWS's name of the error, or the system's code"),
      message: text('message of the error, without secrets'),
      requestId,
      endpoint,
    },
    sentence:
      '{operation} failed after {ms} ms ({kind}, {awsName}): {message}[; request {requestId}].',
  },
  'aws.unreachable': {
    level: 'warn',
    fields: { endpoint, reason },
    repeats: { same: ['endpoint'], endedBy: ['aws.reached'] },
    sentence: 'No answer of AWS[ at {endpoint}]: {reason}. Calls are tried again and again.',
    explanation:
      'Said at the first such call of a run, and later when calls to the endpoint have failed for ten seconds. Nothing is launched, stopped or looked at meanwhile.',
    remedy:
      'Check AWS_ENDPOINT_URL, aws_region, the name server, and the way to it: NAT gateway, VPC endpoint, proxy.',
  },
  'aws.reached': {
    level: 'info',
    fields: { endpoint, seconds: quantity('s', 'since the first call that failed') },
    sentence: 'AWS[ at {endpoint}] answers again after {seconds} s.',
  },
  'awsCall.waiting': {
    level: 'warn',
    fields: {
      operation,
      underWay: count('calls of the operation that were sent and are not answered'),
      waiting: count('calls of the operation that are not sent yet'),
    },
    sentence:
      '{operation} waits for answers to earlier calls: {underWay} are under way, {waiting} wait.',
    explanation: 'AWS answers slowly. A call that waits has not been sent. Reported once a minute.',
  },
  'credentials.failed': {
    level: 'warn',
    fields: { source, reason },
    sentence: 'There are no valid AWS credentials from {source}: {reason}.',
    explanation:
      'Nothing is launched, stopped or looked at. The source is read again by itself, also ~/.aws/credentials. Reported when the reason changes, and once a minute.',
    remedy:
      'Renew the credentials at their source (aws sso login, aws login, the keys of the profile), or repair the helper that the profile names.',
  },
  'credentials.renewed': {
    level: 'info',
    fields: { source },
    sentence: 'Using new AWS credentials from {source}.',
  },
  'credentials.ambiguous': {
    level: 'warn',
    fields: { source },
    sentence:
      'Both AWS_PROFILE and AWS_ACCESS_KEY_ID are set: the credentials from {source} are used.',
    remedy: 'Unset one of the two.',
  },
  'bootstrap.failed': {
    level: 'error',
    fields: { kind, reason, subnet: optional(text('subnet that AWS has named')) },
    repeats: { same: ['kind'], endedBy: ['bootstrap.completed'] },
    sentence: 'Cannot prepare cluster, role and task definition ({kind}): {reason}.',
    explanation: 'Nothing is launched until it succeeds. Tried again within a minute.',
    remedy:
      'Correct what the reason names: credentials, permissions, aws_region, or the task definition.',
  },
  'bootstrap.completed': {
    level: 'debug',
    fields: { revision: text('task definition that launches use') },
    sentence: 'Cluster, role and task definition {revision} are ready.',
  },
  'cluster.created': {
    level: 'info',
    fields: { cluster },
    sentence: 'Created the ECS cluster {cluster}.',
  },
  'capacityProviders.associated': {
    level: 'info',
    fields: { cluster, providers: texts('capacity providers that the cluster offers now') },
    sentence: 'Enabled the capacity providers {providers} for cluster {cluster}.',
  },
  'executionRole.created': {
    level: 'info',
    fields: { role },
    sentence: 'Created the IAM role {role}, with which ECS starts tasks.',
  },
  'executionRole.notReadable': {
    level: 'warn',
    fields: { role },
    repeats: { same: ['role'] },
    sentence: 'No permission to read the execution role {role}: it is used as it is.',
    remedy: 'If tasks do not start: allow iam:GetRole and iam:AttachRolePolicy.',
  },
  'executionRole.policyNotAttached': {
    level: 'warn',
    fields: { role },
    repeats: { same: ['role'] },
    sentence: 'No permission to attach a policy to the execution role {role}: it is used as it is.',
    remedy:
      'If tasks do not start: attach AmazonECSTaskExecutionRolePolicy to the role, or allow iam:AttachRolePolicy.',
  },
  'executionRole.policyMissing': {
    level: 'warn',
    fields: { role, policy: text('ARN of the managed policy') },
    sentence: 'IAM has no policy {policy} for the execution role {role}: it is used without it.',
    explanation: 'AWS has this policy in every account; some emulators do not.',
    remedy: 'With moto: start it with MOTO_IAM_LOAD_MANAGED_POLICIES=true.',
  },
  'taskDefinition.registered': {
    level: 'info',
    fields: {
      family: text('family of the task definition'),
      copied: flag('whether it is a changed copy of the revision before'),
    },
    sentence: 'Registered a new revision of task definition {family}.',
  },
} as const satisfies Record<string, EventDefinition>;
