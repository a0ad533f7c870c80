const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const PREFIX = 'hex:';

/** An id from the wire as text: itself if it is valid UTF-8 and does not begin with `hex:`, else `hex:` and its bytes. */
export function idText(bytes: Uint8Array): string {
  const text = textOf(bytes);
  return text === null || text.startsWith(PREFIX) ? PREFIX + hexOf(bytes) : text;
}

/** Whether `idText` of these bytes is this text, found out without making a text; false also where that is not simple. */
export function isIdText(bytes: Uint8Array, start: number, length: number, text: string): boolean {
  if (text.length !== length || text.startsWith(PREFIX)) return false;
  for (let i = 0; i < length; i++) {
    const byte = bytes[start + i] as number;
    if (byte > 0x7f || byte !== text.charCodeAt(i)) return false;
  }
  return true;
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
