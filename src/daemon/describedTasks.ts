import type {
  DescribedTasks,
  DescribeFailure,
  TaskObservation,
} from '../../machines/shared/domain.ts';
import { Failure } from '../shared/failure.ts';

/** None of the tasks that were asked for could be described. */
export class NothingDescribed extends Failure {
  override readonly kind: DescribeFailure['kind'];

  constructor({ kind, reason }: DescribeFailure) {
    super(reason);
    this.kind = kind;
  }
}

/**
 * What was observed, for a cohort, which knows no failures beside observations: those go to `onFailure`. Throws the
 * first of them if nothing was observed.
 */
export function observedTasks(
  { observations, failures }: DescribedTasks,
  onFailure: (failure: DescribeFailure) => void,
): TaskObservation[] {
  const [first] = failures;
  if (first && observations.length === 0) throw new NothingDescribed(first);
  for (const failure of failures) onFailure(failure);
  return observations;
}
