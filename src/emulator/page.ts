import { invalidParameter } from './awsError.ts';
import { integer, type Members, text } from './members.ts';

/** maxResults of a request, 1..100, default 100. Throws InvalidParameterException outside that range. */
export function pageSize(body: Members): number {
  const size = integer(body, 'maxResults') ?? 100;
  if (size < 1 || size > 100) throw invalidParameter('maxResults must be between 1 and 100.');
  return size;
}

/** The nextToken for the page that starts after this position. */
export const tokenFor = (position: number): string =>
  Buffer.from(JSON.stringify({ after: position })).toString('base64');

/** The position in nextToken; 0 without one. Throws InvalidParameterException for an invalid token. */
export function positionIn(body: Members): number {
  const token = text(body, 'nextToken');
  if (!token) return 0;
  try {
    const { after } = JSON.parse(Buffer.from(token, 'base64').toString()) as { after: unknown };
    if (Number.isSafeInteger(after)) return after as number;
  } catch {
    // Not JSON: refused below.
  }
  throw invalidParameter('Invalid token.');
}

/** The page of `all` that the request asks for by maxResults and nextToken. */
export function page<T>(
  all: readonly T[],
  body: Members,
): { items: T[]; nextToken: string | undefined } {
  const size = pageSize(body);
  const from = positionIn(body);
  const items = all.slice(from, from + size);
  const more = from + size < all.length;
  return { items, nextToken: more ? tokenFor(from + size) : undefined };
}
