export interface Block {
  language: string;
  /** The name in the first line of a block that is a file, such as `# client.py`; null: it is to be run. */
  file: string | null;
  body: string;
}

/** The fenced blocks of the README that follow a comment `quick start`, in order. */
export function quickStartBlocks(readme: string): Block[] {
  const found = readme.matchAll(/<!-- quick start -->\n```(\w+)\n([\s\S]*?)```/g);
  return [...found].map(([, language = '', body = '']) => ({
    language,
    file: /^# ([\w.]+)\n/.exec(body)?.[1] ?? null,
    body,
  }));
}
