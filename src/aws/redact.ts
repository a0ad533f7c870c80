const replacement = '[removed]';

/** Secrets that any text of AWS may contain: on a signature mismatch it quotes the signed request. */
const patterns: readonly [RegExp, string][] = [
  [
    /(?:authorization\s*[=:]|x-amz-security-token|AWS4-HMAC-SHA256|canonical string|credential=|signature=|session.?token\s*[=:]).*$/is,
    replacement,
  ],
  [/\/\/[^\s/@]+@/g, `//${replacement}@`],
  // A password in an address that was cut off before its @. A port after the colon does not match.
  [/\/\/[^\s/@:]+:(?!\d+(?:[/\s'"),;\]]|$))[^\s/@]*/g, `//${replacement}`],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b/g, replacement],
];

const maxLength = 600;
/** Shorter lines and values are common words; removing them would make messages unreadable. */
const minLineLength = 8;
const minValueLength = 4;

/** Credentials that we have used, the newest last. They rotate: so many are remembered. */
const ownSecrets = new Set<string>();
const mostOwnSecrets = 30;
/** Real keys are longer. A word as short as `test`, which an emulator may be given, is no secret. */
const minOwnSecretLength = 16;

/** No message will quote this value from now on. */
export function keepSecret(secret: string): void {
  if (secret.length < minOwnSecretLength) return;
  ownSecrets.delete(secret);
  ownSecrets.add(secret);
  const [oldest] = ownSecrets;
  if (ownSecrets.size > mostOwnSecrets && oldest !== undefined) ownSecrets.delete(oldest);
}

/**
 * The forms in which a text may quote the secrets: whole, by line, and JSON-escaped. The longest come first:
 * removing a short one first would leave the rest of a longer one in the text.
 */
function quotedForms(secrets: readonly string[]): string[] {
  return secrets
    .flatMap((secret) => [
      secret,
      ...secret.split('\n').filter((line) => line.length >= minLineLength),
    ])
    .flatMap((part) => [part, JSON.stringify(part).slice(1, -1)])
    .filter((part) => part.length >= minValueLength)
    .sort((a, b) => b.length - a.length);
}

/**
 * Makes a text fit for the log: one line of at most 600 characters, without credentials, without passwords in
 * addresses, and without the given values and our own credentials, whole or by line.
 */
export function redact(text: string, secrets: readonly string[] = []): string {
  let clean = text;
  for (const form of quotedForms([...ownSecrets, ...secrets]))
    clean = clean.replaceAll(form, replacement);
  for (const [pattern, substitute] of patterns) clean = clean.replace(pattern, substitute);
  clean = clean.replace(/\s+/g, ' ').trim();
  return clean.length > maxLength ? `${clean.slice(0, maxLength)}…` : clean;
}

interface WithEnvironment {
  containerOverrides?: { environment?: { name?: string; value?: string }[] }[];
}

/** The values in a task's overrides that no message may quote: COMMAND and PYTHON_REQUIREMENTS. */
export function secretsOf(overrides: WithEnvironment | undefined): string[] {
  return (overrides?.containerOverrides ?? []).flatMap((container) =>
    (container.environment ?? [])
      .filter(({ name }) => name === 'COMMAND' || name === 'PYTHON_REQUIREMENTS')
      .map(({ value }) => value ?? ''),
  );
}
