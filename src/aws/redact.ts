const gone = '[removed]';

/** What may stand in any text of AWS's, whatever we sent: signatures are echoed back when they do not fit. */
const patterns: readonly [RegExp, string][] = [
  [
    /(?:authorization\s*[=:]|x-amz-security-token|AWS4-HMAC-SHA256|canonical string|credential=|signature=|session.?token\s*[=:]).*$/is,
    gone,
  ],
  [/\/\/[^\s/@]+@/g, `//${gone}@`],
  // A password in an address that was cut off before its @; a port is not one.
  [/\/\/[^\s/@:]+:(?!\d+(?:[/\s'"),;\]]|$))[^\s/@]*/g, `//${gone}`],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b/g, gone],
];

const longest = 600;

/** As a text may quote them; the longest first, as a part cut out of a whole leaves the rest standing. */
const partsOf = (secrets: readonly string[]): string[] =>
  secrets
    .flatMap((secret) => [secret, ...secret.split('\n').filter((line) => line.length >= 8)])
    .flatMap((part) => [part, JSON.stringify(part).slice(1, -1)])
    .filter((part) => part.length >= 4)
    .sort((a, b) => b.length - a.length);

/**
 * One line that may be logged: without credentials, without passwords in addresses, and without the
 * given values, whole or line by line. Error texts quote requests, and requests hold private things.
 */
export const redact = (text: string, secrets: readonly string[] = []): string => {
  let clean = text;
  for (const part of partsOf(secrets)) clean = clean.replaceAll(part, gone);
  for (const [pattern, replacement] of patterns) clean = clean.replace(pattern, replacement);
  clean = clean.replace(/\s+/g, ' ').trim();
  return clean.length > longest ? `${clean.slice(0, longest)}…` : clean;
};

interface WithEnvironment {
  containerOverrides?: { environment?: { name?: string; value?: string }[] }[];
}

/** The values of an override's environment that no message may quote. */
export const secretsOf = (overrides: WithEnvironment | undefined): string[] =>
  (overrides?.containerOverrides ?? []).flatMap((container) =>
    (container.environment ?? [])
      .filter(({ name }) => name === 'COMMAND' || name === 'PYTHON_REQUIREMENTS')
      .map(({ value }) => value ?? ''),
  );
