import type { FailureKind, Refusal } from '../../machines/shared/domain.ts';
import { Failure } from '../shared/failure.ts';
import { connectionErrorCodes, type ErrorRow, errorRows, refusalRows } from './errorTable.ts';
import { redact } from './redact.ts';

/** A call to AWS that did not end well. The message is one line and holds nothing private. */
export class EcsFailure extends Failure {
  override readonly kind: FailureKind;
  /** AWS's name of the error, as `ThrottlingException`; the system's code when nobody answered. */
  readonly awsName: string;
  /** The row of the table that decided. */
  readonly code: string;
  /** The subnet that AWS named. */
  readonly subnet: string | undefined;

  constructor(
    what: { kind: FailureKind; awsName: string; code: string; subnet?: string | undefined },
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.kind = what.kind;
    this.awsName = what.awsName;
    this.code = what.code;
    this.subnet = what.subnet;
  }
}

interface SdkError {
  name?: string;
  message?: string;
  /** A system error's code. */
  code?: unknown;
  $metadata?: { httpStatusCode?: number };
  $response?: { statusCode?: number };
  $fault?: unknown;
}

/** The only subnet that a text names. */
export const subnetIn = (text: string): string | undefined => {
  const [subnet, ...others] = new Set(text.match(/\bsubnet-[0-9a-z]+\b/g));
  return others.length === 0 ? subnet : undefined;
};

const fits = (row: ErrorRow, name: string, text: string): boolean =>
  (!row.names || row.names.includes(name)) && (!row.text || row.text.test(text));

const decide = (error: SdkError, name: string, text: string): Pick<ErrorRow, 'kind' | 'code'> => {
  const status = error.$metadata?.httpStatusCode ?? error.$response?.statusCode ?? 0;
  if (status === 429) return { code: 'throttled', kind: 'throttled' };
  // A 5xx may have been executed whatever its text says, so it comes before the texts.
  if (status >= 500 || name === 'ServerException') return { code: 'server', kind: 'unreachable' };
  if (typeof error.code === 'string' && connectionErrorCodes.has(error.code))
    return { code: 'connection', kind: 'unreachable' };
  if (name === 'TimeoutError') return { code: 'timeout', kind: 'unreachable' };
  // An answer that cannot be read leaves open whether it was done.
  if (error instanceof SyntaxError || (error instanceof TypeError && status > 0))
    return { code: 'garbled', kind: 'unreachable' };
  const spoken = status > 0 || error.$fault !== undefined;
  const row = errorRows.find((each) => (spoken || each.names) && fits(each, name, text));
  if (row) return row;
  return spoken ? { code: 'parameters', kind: 'invalid' } : { code: 'bug', kind: 'bug' };
};

/** Who has no valid credentials for now may still have the right to look: that it has not is only said to valid ones. */
const looks: ReadonlySet<string> = new Set(['ListTasks', 'DescribeTasks']);
const unsaid: ReadonlySet<string> = new Set(['credentials', 'blocked']);

/** The one border between the SDK's errors and ours. `secrets`: texts of the request that must not be quoted. */
export const classifyError = (
  operation: string,
  thrown: unknown,
  secrets: readonly string[] = [],
): EcsFailure => {
  if (thrown instanceof EcsFailure) return thrown;
  const error = (thrown ?? {}) as SdkError;
  const name = error.name ?? 'Error';
  const text = String(error.message ?? thrown);
  const { code, ...decided } = decide(error, name, text);
  const kind = looks.has(operation) && unsaid.has(code) ? 'unreachable' : decided.kind;
  const awsName = kind === 'unreachable' && typeof error.code === 'string' ? error.code : name;
  // The helper program's command line stands in its error, arguments and all.
  const shown = /^command failed/i.test(text) ? 'the credential process failed' : text;
  // The SDK's error carries the whole exchange, so only a bug of ours keeps its cause.
  return new EcsFailure(
    { kind, awsName, code, subnet: subnetIn(text) },
    redact(`${operation}: ${awsName}: ${shown}`, secrets),
    kind === 'bug' ? { cause: thrown } : undefined,
  );
};

/** What an entry of `failures[]` means. A text nobody has seen before is taken for "not now". */
export const classifyRefusal = (
  reason: string,
  secrets: readonly string[] = [],
): Refusal & { code: string } => {
  const { kind, code } = refusalRows.find((row) => fits(row, '', reason)) ?? {
    kind: 'refused' as const,
    code: 'unknown',
  };
  const subnet = subnetIn(reason);
  return { kind, code, reason: redact(reason, secrets), ...(subnet !== undefined && { subnet }) };
};
