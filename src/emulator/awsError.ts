import { Failure } from '../shared/failure.ts';

/** An error as AWS would answer it. `code` is the `__type` of ECS and the `Code` of IAM. */
export class AwsError extends Failure {
  readonly kind = 'aws';
  readonly code: string;
  readonly status: number;
  /** Further members of the error body, as `resourceIds` of a ConflictException. */
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

export const invalidParameter = (message: string): AwsError =>
  new AwsError('InvalidParameterException', message);

export const clientError = (message: string): AwsError => new AwsError('ClientException', message);
