import { diskFiles, type Files, type OpenFile } from '../../../src/store/files.ts';

export type Operation = 'open' | 'rename' | 'writeFile' | 'datasync' | 'sync' | 'truncate';

/**
 * The real disk, counted, and bad where a test says so. A write that fails has half of its bytes written.
 * `hasty` skips the waiting for the disk, for tests that open hundreds of journals and cut no power.
 */
export const badDisk = ({ hasty = false } = {}) => {
  const counts: Record<Operation, number> = {
    open: 0,
    rename: 0,
    writeFile: 0,
    datasync: 0,
    sync: 0,
    truncate: 0,
  };
  const broken = new Map<Operation, string>();
  let gate: Promise<void> | null = null;

  const enter = async (operation: Operation): Promise<void> => {
    counts[operation] += 1;
    if (operation === 'datasync' && gate) await gate;
    const code = broken.get(operation);
    if (code) throw Object.assign(new Error(`${code}: bad disk, ${operation}`), { code });
  };

  const watched = (handle: OpenFile): OpenFile =>
    new Proxy(handle, {
      get(target, name) {
        const value = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        if (!(String(name) in counts)) return value.bind(target);
        return async (...args: unknown[]) => {
          if (name === 'writeFile' && broken.has('writeFile')) {
            const bytes = args[0] as Uint8Array;
            await target.writeFile(bytes.subarray(0, bytes.length / 2));
          }
          await enter(name as Operation);
          if (hasty && (name === 'sync' || name === 'datasync')) return;
          return value.apply(target, args);
        };
      },
    });

  const files: Files = {
    ...diskFiles,
    async open(...args) {
      await enter('open');
      return watched(await diskFiles.open(...args));
    },
    async rename(...args) {
      await enter('rename');
      return diskFiles.rename(...args);
    },
  };

  return {
    files,
    counts,
    break: (operation: Operation, code = 'EIO') => void broken.set(operation, code),
    mend: () => broken.clear(),
    /** Keeps every fdatasync waiting until the answer is called. */
    hold: (): (() => void) => {
      let open = () => {};
      gate = new Promise((resolve) => {
        open = resolve;
      });
      return () => {
        gate = null;
        open();
      };
    },
  };
};
