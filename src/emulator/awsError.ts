import { Failure } from '../shared/failure.ts';

/** An error answer of AWS. `code` is the `__type` of ECS and the `Code` of IAM. */
export class AwsError extends Failure {
  readonly kind = 'aws';
  readonly code: string;
  readonly status: number;
  /** Further members of the error body, such as `resourceIds` of a ConflictException. */
  readonly members: Record<string, unknown>;

  constructor(
    code: string,
    message: string,
    { status = 400, members = {} }: { status?: number; members?: Record<string, unknown> } = {},
  ) {
    super(message);
    this.code = code;
    this.status = status;
    this.members = members;
  }
}

/** InvalidParameterException, status 400. */
export const invalidParameter = (message: string): AwsError =>
  new AwsError('InvalidParameterException', message);

/** ClientException, status 400. */
export const clientError = (message: string): AwsError => new AwsError('ClientException', message);
