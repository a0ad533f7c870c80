import type { FileHandle } from 'node:fs/promises';
import { diskFiles, type Files, type OpenFile } from '../../../src/store/files.ts';

export type Operation = 'open' | 'rename' | 'writeFile' | 'datasync' | 'sync' | 'truncate';

/** The real disk, counted, and broken where a test says so. A write that fails has half of its bytes written. */
export const badDisk = () => {
  const counts: Record<Operation, number> = {
    open: 0,
    rename: 0,
    writeFile: 0,
    datasync: 0,
    sync: 0,
    truncate: 0,
  };
  const broken = new Map<Operation, string>();
  let syncFailure: { of: 'files' | 'directories'; code: string } | null = null;
  let gate: Promise<void> | null = null;

  const enter = async (operation: Operation): Promise<void> => {
    counts[operation] += 1;
    if (operation === 'datasync' && gate) await gate;
    const code = broken.get(operation);
    if (code) throw Object.assign(new Error(`${code}: bad disk, ${operation}`), { code });
  };

  const enterSync = async (handle: OpenFile): Promise<void> => {
    await enter('sync');
    if (!syncFailure) return;
    const { of, code } = syncFailure;
    if ((await (handle as FileHandle).stat()).isDirectory() !== (of === 'directories')) return;
    throw Object.assign(new Error(`${code}: bad disk, sync of ${of}`), { code });
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
          if (name === 'sync') await enterSync(target);
          else await enter(name as Operation);
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
    /** As `break('sync')`, of files or of directories only. */
    breakSyncOf(of: 'files' | 'directories', code = 'EIO') {
      syncFailure = { of, code };
    },
    mend() {
      broken.clear();
      syncFailure = null;
    },
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
