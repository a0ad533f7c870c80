import type { FailureKind } from '../../machines/shared/domain.ts';

/** A class of AWS errors. The first row of a table that matches applies. */
export interface ErrorRow {
  /** Identifies the row in logs, counters and tests. */
  code: string;
  kind: FailureKind;
  /** Matching error names; left out: any name. */
  names?: readonly string[];
  /** Matches the error message; left out: any message. */
  text?: RegExp;
}

const throttles = [
  'ThrottlingException',
  'Throttling',
  'ThrottledException',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'EC2ThrottledException',
  'PriorRequestNotComplete',
];

const badCredentials = [
  'CredentialsProviderError',
  'TokenProviderError',
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'InvalidClientTokenIdException',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
  'ExpiredTokenException',
  'ExpiredToken',
  'RequestExpired',
  'MissingAuthenticationTokenException',
  'MissingAuthenticationToken',
  'IncompleteSignature',
  'IncompleteSignatureException',
  'AuthFailure',
  'OptInRequired',
];

/** Messages that occur both in exceptions and in entries of `failures[]`. */
const commonRows: readonly ErrorRow[] = [
  // ECS wraps throttles of EC2 into an InvalidParameterException (400), which the SDK does not retry.
  {
    code: 'throttled',
    kind: 'throttled',
    text: /\(ErrorCode: (?:Throttling|RequestLimitExceeded)\w*\)|\brate exceeded|request limit exceeded/i,
  },
  {
    code: 'denied',
    kind: 'denied',
    text: /\bnot authorized to perform\b|\(ErrorCode: (?:UnauthorizedOperation|AccessDenied\w*|AuthFailure|RequestExpired)\)/i,
  },
  { code: 'capacity', kind: 'capacity', text: /capacity is unavailable/i },
  // The pattern leaves out "You've": AWS writes it with a typographic or with a straight apostrophe.
  {
    code: 'quota',
    kind: 'quota',
    text: /reached the limit on the number of (?:tasks|vCPUs)/i,
  },
  {
    code: 'sizeLimit',
    kind: 'invalid',
    text: /requested (?:CPU|MEMORY) configuration is above your limit/i,
  },
  // A new role cannot be assumed for some seconds, sometimes for more than a minute.
  { code: 'roleNotAssumable', kind: 'refused', text: /unable to assume the role/i },
  { code: 'serviceLinkedRole', kind: 'refused', text: /service[- ]linked role/i },
  {
    code: 'subnetFull',
    kind: 'addresses',
    text: /InsufficientFreeAddressesInSubnet|not enough free addresses/i,
  },
  {
    code: 'ec2Trouble',
    kind: 'refused',
    text: /\(ErrorCode: (?:InternalError|InternalFailure|ServiceUnavailable|Unavailable)\)/i,
  },
];

/** Exceptions, except for status 429 and 5xx and connection errors, which are classified before this table. */
export const errorRows: readonly ErrorRow[] = [
  { code: 'throttled', kind: 'throttled', names: throttles },
  { code: 'credentials', kind: 'credentials', names: badCredentials },
  {
    code: 'denied',
    kind: 'denied',
    names: ['AccessDeniedException', 'AccessDenied', 'UnauthorizedOperation'],
  },
  // Billing is not verified, or a quota is zero. Only AWS or the account's owner can change it; probe slowly.
  { code: 'blocked', kind: 'denied', names: ['BlockedException'] },
  ...commonRows,
  {
    code: 'concurrentRevision',
    kind: 'throttled',
    text: /too many concurrent attempts to create a new revision/i,
  },
  { code: 'clusterMissing', kind: 'unprepared', names: ['ClusterNotFoundException'] },
  { code: 'clusterMissing', kind: 'unprepared', text: /referenced cluster was inactive/i },
  { code: 'definitionInactive', kind: 'unprepared', text: /TaskDefinition is inactive/i },
  {
    code: 'definitionMissing',
    kind: 'unprepared',
    text: /TaskDefinition not found|unable to describe task definition/i,
  },
  { code: 'taskMissing', kind: 'invalid', text: /referenced task was not found/i },
  { code: 'tokenUsed', kind: 'refused', names: ['ConflictException'] },
  {
    code: 'busy',
    kind: 'refused',
    names: [
      'UpdateInProgressException',
      'ResourceInUseException',
      'ConcurrentModification',
      'ConcurrentModificationException',
    ],
  },
  {
    code: 'limit',
    kind: 'refused',
    names: ['LimitExceededException', 'LimitExceeded', 'AttributeLimitExceededException'],
  },
  {
    code: 'policyMissing',
    kind: 'invalid',
    names: ['NoSuchEntityException', 'NoSuchEntity'],
    text: /\bpolicy\b/i,
  },
  { code: 'roleMissing', kind: 'invalid', names: ['NoSuchEntityException', 'NoSuchEntity'] },
  {
    code: 'roleExists',
    kind: 'invalid',
    names: ['EntityAlreadyExistsException', 'EntityAlreadyExists'],
  },
  {
    code: 'providerMissing',
    kind: 'unprepared',
    text: /capacity provider that is not associated with the cluster|capacity provider.*(?:was not found|not found)/i,
  },
  { code: 'clusterDiffers', kind: 'invalid', text: /idempotent request are inconsistent/i },
  { code: 'subnet', kind: 'invalid', text: /InvalidSubnetID|subnet ID .* does not exist/i },
  {
    code: 'securityGroup',
    kind: 'invalid',
    text: /InvalidGroup|security group .* does not (?:exist|appear to belong)/i,
  },
  {
    code: 'network',
    kind: 'invalid',
    text: /network configuration must be provided/i,
  },
  {
    code: 'launchType',
    kind: 'invalid',
    text: /both a launch type and capacity provider strategy|no container instances were found/i,
  },
  { code: 'overrides', kind: 'invalid', text: /container overrides length/i },
  { code: 'size', kind: 'invalid', text: /no fargate configuration exists|invalid 'cpu' setting/i },
  {
    code: 'platform',
    kind: 'invalid',
    names: [
      'PlatformUnknownException',
      'PlatformTaskDefinitionIncompatibilityException',
      'UnsupportedFeatureException',
    ],
  },
];

/**
 * The error types by which AWS says that a call was not carried out. Nothing else says so: an answer of another type,
 * of status 5xx or of no type may hide a call that was carried out.
 */
export const certainTypes: ReadonlySet<string> = new Set([
  ...errorRows.flatMap(({ names }) => names ?? []),
  // ECS.
  'ClientException',
  'InvalidParameterException',
  'MissingVersionException',
  'NamespaceNotFoundException',
  'ResourceNotFoundException',
  'TargetNotFoundException',
  // EC2, whose types ECS and its emulators pass on.
  'InvalidSubnetID.NotFound',
  'InvalidGroup.NotFound',
  'InvalidGroupId.Malformed',
  // IAM.
  'InvalidInputException',
  'InvalidInput',
  'MalformedPolicyDocumentException',
  'MalformedPolicyDocument',
  'PolicyNotAttachableException',
  'PolicyNotAttachable',
  'UnmodifiableEntityException',
  'UnmodifiableEntity',
  // Any service.
  'InvalidAction',
  'InvalidParameterCombination',
  'InvalidParameterValue',
  'InvalidQueryParameter',
  'MalformedHttpRequestException',
  'MalformedQueryString',
  'MissingAction',
  'MissingParameter',
  'NotAuthorized',
  'RequestEntityTooLargeException',
  'SerializationException',
  'UnknownOperationException',
  'ValidationError',
  'ValidationException',
]);

/** Entries of `failures[]`, which come in an answer with status 200. */
export const refusalRows: readonly ErrorRow[] = [
  ...commonRows,
  {
    code: 'placement',
    kind: 'capacity',
    text: /^(?:RESOURCE:|AGENT\b|LOCATION\b|ATTRIBUTE\b|MISSING\b|INACTIVE\b)/i,
  },
];

/** OpenSSL's and Node's codes for a certificate that is not accepted: the request was not sent. */
export const certificateErrorCodes: ReadonlySet<unknown> = new Set([
  'CERT_CHAIN_TOO_LONG',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REJECTED',
  'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** Node's error codes for sockets and name resolution: there was no answer. */
export const connectionErrorCodes: ReadonlySet<unknown> = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EADDRNOTAVAIL',
  'EMFILE',
  'ENFILE',
  'EPROTO',
  'ERR_SOCKET_CONNECTION_TIMEOUT',
  'UND_ERR_SOCKET',
]);
