import type { FailureKind, Refusal } from '../../machines/shared/domain.ts';
import { Failure } from '../shared/failure.ts';
import { ProxyRefusal } from './agents.ts';
import { endpointOf } from './endpoints.ts';
import {
  certainTypes,
  certificateErrorCodes,
  connectionErrorCodes,
  type ErrorRow,
  errorRows,
  refusalRows,
} from './errorTable.ts';
import { redact } from './redact.ts';
import { isUnsent } from './unsent.ts';

/** A failed AWS call. The message is one line without secrets. */
export class EcsFailure extends Failure {
  override readonly kind: FailureKind;
  /** AWS's error name, like `ThrottlingException`; Node's error code, like `ECONNRESET`, if there was no answer. */
  readonly awsName: string;
  /** The row of the error table that matched. */
  readonly code: string;
  /** The subnet in AWS's message, if it names exactly one. */
  readonly subnet: string | undefined;
  /** AWS's id of the request, which its support asks for; undefined: it did not answer. */
  readonly requestId: string | undefined;
  /** Where the request was sent, if the exchange itself failed. */
  readonly endpoint: string | undefined;
  /** AWS has not carried it out, and what kept it from that is mended: it may be sent again at once, if it is still wanted. */
  readonly isMended: boolean;

  constructor(
    what: {
      kind: FailureKind;
      awsName: string;
      code: string;
      subnet?: string | undefined;
      requestId?: string | undefined;
      endpoint?: string | undefined;
      isMended?: boolean;
    },
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.kind = what.kind;
    this.awsName = what.awsName;
    this.code = what.code;
    this.subnet = what.subnet;
    this.requestId = what.requestId;
    this.endpoint = what.endpoint;
    this.isMended = what.isMended ?? false;
  }

  /** The same failure, whose message also names where the credentials came from. */
  from(source: string): EcsFailure {
    return new EcsFailure(this, `${this.message} (credentials from ${source})`);
  }

  mended(): EcsFailure {
    return new EcsFailure({ ...this, isMended: true }, this.message);
  }
}

interface SdkError {
  name?: string;
  message?: string;
  /** Node's error code. */
  code?: unknown;
  $metadata?: { httpStatusCode?: number; requestId?: string };
  $response?: { statusCode?: number };
  $fault?: unknown;
}

/** The subnet that a text names; undefined if it names none or several. */
export function subnetIn(text: string): string | undefined {
  const [subnet, ...others] = new Set(text.match(/\bsubnet-[0-9a-z]+\b/g));
  return others.length === 0 ? subnet : undefined;
}

function matches(row: ErrorRow, name: string, text: string): boolean {
  return (!row.names || row.names.includes(name)) && (!row.text || row.text.test(text));
}

/** What a person can do, where the words of the error do not say it. */
const remedies: Readonly<Record<string, string>> = {
  certificate:
    'let AWS_CA_BUNDLE or NODE_EXTRA_CA_CERTS name a file with the certificate authority of your network, or correct the endpoint or the clock',
  proxy: 'correct HTTPS_PROXY, HTTP_PROXY or NO_PROXY',
};

/**
 * Only two things settle what became of a call: an answer in its documented form, which this function does not see,
 * and an error that says, or shows, that the call was not carried out: AWS's type, a certificate, a proxy's refusal, or
 * that the request never left. Everything else leaves it in doubt: `unreachable`.
 */
function classify(error: SdkError, name: string, text: string): Pick<ErrorRow, 'kind' | 'code'> {
  const status = error.$metadata?.httpStatusCode ?? error.$response?.statusCode ?? 0;
  const inDoubt = (code: string) => ({ code, kind: 'unreachable' as const });
  if (certificateErrorCodes.has(error.code)) return { code: 'certificate', kind: 'invalid' };
  if (error instanceof ProxyRefusal)
    return error.status < 500 ? { code: 'proxy', kind: 'invalid' } : inDoubt('proxy');
  if (status >= 500 || name === 'ServerException') return inDoubt('server');
  if (connectionErrorCodes.has(error.code)) return inDoubt('connection');
  if (name === 'TimeoutError') return inDoubt('timeout');
  const isFromAws = status >= 400 || error.$fault !== undefined;
  if (certainTypes.has(name)) {
    // Messages are compared only for errors from AWS; errors of the SDK itself match by name.
    const row = errorRows.find((each) => (isFromAws || each.names) && matches(each, name, text));
    return row ?? { code: 'parameters', kind: 'invalid' };
  }
  if (isUnsent(error)) return { code: 'bug', kind: 'bug' };
  if (status === 429) return inDoubt('throttled');
  return inDoubt(isFromAws && !(error instanceof SyntaxError) ? 'unlisted' : 'garbled');
}

/**
 * `denied` for one of these operations means that the permission is missing, and the caller stops asking. A blocked
 * account does not prove that, so for these operations it is `unreachable`.
 */
const readOperations: ReadonlySet<string> = new Set(['ListTasks', 'DescribeTasks']);

/**
 * Turns anything that an SDK call throws into an EcsFailure; the only place that reads SDK errors. `secrets`:
 * values of the request that must not appear in the message.
 */
export function classifyError(
  operation: string,
  thrown: unknown,
  secrets?: readonly string[],
): EcsFailure {
  if (thrown instanceof EcsFailure) return thrown;
  const error = (thrown ?? {}) as SdkError;
  const name = error.name ?? 'Error';
  const text = String(error.message ?? thrown);
  const { code, ...classified } = classify(error, name, text);
  const isUndecided = readOperations.has(operation) && code === 'blocked';
  const kind = isUndecided ? 'unreachable' : classified.kind;
  const isNodes = kind === 'unreachable' || code === 'certificate';
  const awsName = isNodes && typeof error.code === 'string' ? error.code : name;
  const { requestId } = error.$metadata ?? {};
  // SDK errors carry the whole request and response, so only a bug keeps its cause.
  return new EcsFailure(
    { kind, awsName, code, subnet: subnetIn(text), requestId, endpoint: endpointOf(thrown) },
    redact([`${operation}: ${awsName}: ${text}`, remedies[code] ?? []].flat().join('; '), secrets),
    kind === 'bug' ? { cause: thrown } : undefined,
  );
}

/** Classifies an entry of `failures[]`. An unknown reason is `refused`: the launch is repeated later. */
export function classifyRefusal(
  reason: string,
  secrets?: readonly string[],
): Refusal & { code: string } {
  const { kind, code } = refusalRows.find((row) => matches(row, '', reason)) ?? {
    kind: 'refused' as const,
    code: 'unknown',
  };
  const subnet = subnetIn(reason);
  return { kind, code, reason: redact(reason, secrets), ...(subnet !== undefined && { subnet }) };
}
