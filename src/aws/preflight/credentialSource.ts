import type { Credentials } from './awsFacts.ts';

/** Sources that nothing fetches again: what they hold ends for good. Files and services are read again. */
const fixed = /^the (?:environment|settings)\b/;

/** What is to be known of the credentials that were found at a source. Pure. */
export function credentialsOf(
  { sessionToken }: { sessionToken?: string | undefined },
  source: string,
): Credentials {
  return { source, temporary: Boolean(sessionToken), renewed: !fixed.test(source) };
}
