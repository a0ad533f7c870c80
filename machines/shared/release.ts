/** Numbers between dots compare as numbers; what follows them (rc1, .post2) does not count. */
export const compareReleases = (a: string, b: string): number => {
  const numbers = (release: string) => release.split('.').map((part) => Number.parseInt(part, 10));
  const [left, right] = [numbers(a), numbers(b)];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] || 0) - (right[i] || 0);
    if (difference !== 0) return Math.sign(difference);
  }
  return 0;
};

export const atLeast = (release: string, least: string): boolean =>
  compareReleases(release, least) >= 0;

/** SCALER_NETWORK_BACKEND for workers of that release: 2.3.0 renamed one of its values. */
export const backendValue = (release: string, transport: 'ymq' | 'zmq'): string =>
  transport === 'zmq' && !atLeast(release, '2.3.0') ? 'tcp_zmq' : transport;
