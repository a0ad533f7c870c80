import { EcsFailure } from '../errors.ts';

/** The words of a failure. AWS does not say which cluster it has not found. */
export function wordsOf({ code, message }: EcsFailure, cluster: string): string {
  return code === 'clusterMissing' ? `${message} (cluster ${cluster})` : message;
}

/** The failure of a call to a cluster, with the words that name it. */
export function inCluster(failure: EcsFailure, cluster: string): EcsFailure {
  return new EcsFailure(failure, wordsOf(failure, cluster));
}
