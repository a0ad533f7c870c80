const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const PREFIX = 'hex:';

/** An id from the wire as text: itself if it is valid UTF-8 and does not begin with `hex:`, else `hex:` and its bytes. */
export function idText(bytes: Uint8Array): string {
  const text = textOf(bytes);
  return text === null || text.startsWith(PREFIX) ? PREFIX + hexOf(bytes) : text;
}

/** The bytes of an id; the inverse of `idText`. */
export function idBytes(text: string): Uint8Array {
  return /^hex:(?:[0-9a-f]{2})*$/.test(text)
    ? new Uint8Array(Buffer.from(text.slice(PREFIX.length), 'hex'))
    : new TextEncoder().encode(text);
}

/** The bytes decoded as UTF-8; null if they are not valid UTF-8. */
export function textOf(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}
