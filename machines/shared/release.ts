/** Compares releases by their numbers; a suffix of a number (rc1, .post2) is ignored. Returns -1, 0 or 1. */
export function compareReleases(a: string, b: string): number {
  const numbers = (release: string) => release.split('.').map((part) => Number.parseInt(part, 10));
  const [left, right] = [numbers(a), numbers(b)];
  const length = Math.max(left.length, right.length);
  const differences = Array.from({ length }, (_, i) => (left[i] || 0) - (right[i] || 0));
  return Math.sign(differences.find((difference) => difference !== 0) ?? 0);
}

/** Whether a release is `minimum` or newer. */
export function atLeast(release: string, minimum: string): boolean {
  return compareReleases(release, minimum) >= 0;
}

/** The value of SCALER_NETWORK_BACKEND for workers of a release: before 2.3.0 ZeroMQ was called tcp_zmq. */
export function backendValue(release: string, transport: 'ymq' | 'zmq'): string {
  return transport === 'zmq' && !atLeast(release, '2.3.0') ? 'tcp_zmq' : transport;
}
