const reasons: Record<string, string> = {
  ENOENT: 'no such file',
  EISDIR: 'is a directory',
  ENOTDIR: 'a part of the path is no directory',
  EACCES: 'permission denied',
};

/** Why a file cannot be read or written, in words: the system's own message repeats the path and the call. */
export function fileReason(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (Object.hasOwn(reasons, code)) return reasons[code] as string;
  return message?.split('\n', 1)[0] ?? String(error);
}
