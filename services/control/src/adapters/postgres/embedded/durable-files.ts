import fs from "node:fs";
import { NodeFS } from "@electric-sql/pglite/nodefs";

// The file layer that the engine ships has no fsync operation: what PostgreSQL syncs reaches nothing. This one
// syncs, counts what was written, and can be fenced off.

type EmscriptenOptions = Parameters<NodeFS["init"]>[1];

interface OpenFile {
  /** The descriptor in Node. */
  readonly nfd: number;
}

type Operation = (...args: never[]) => unknown;

/** What the code below needs of Emscripten's NODEFS; its types do not name it. */
interface NodeFiles {
  tryFSOperation<Result>(operation: () => Result): Result;
  readonly stream_ops: Record<string, Operation>;
  readonly node_ops: Record<string, Operation>;
}

interface EngineModule {
  readonly NODEFS: NodeFiles;
}

/** Operations that change what is on the disk. */
const changing = {
  stream_ops: ["write", "msync", "setattr"],
  node_ops: ["setattr", "mknod", "rename", "unlink", "rmdir", "symlink"],
} as const;

export class DurableFiles extends NodeFS {
  /** How often the engine had a file or a directory synced. */
  syncs = 0;
  bytesWritten = 0;
  #cause: string | undefined;

  /** Set when the engine died; from then on nothing changes on the disk. */
  get abortCause(): string | undefined {
    return this.#cause;
  }

  /**
   * A dead engine may not go on writing: after a PANIC its memory holds a transaction that is half committed, and
   * the loop around it would process the next message.
   */
  fence(cause: string): void {
    this.#cause ??= cause;
  }

  override async init(
    engine: Parameters<NodeFS["init"]>[0],
    options: EmscriptenOptions,
  ): Promise<{ emscriptenOpts: EmscriptenOptions }> {
    const { emscriptenOpts } = await super.init(engine, options);
    return {
      emscriptenOpts: {
        ...emscriptenOpts,
        onAbort: (what: unknown) => this.fence(String(what)),
        preRun: [
          (module: unknown) => this.#patch((module as EngineModule).NODEFS),
          ...(emscriptenOpts.preRun ?? []),
        ],
      } as EmscriptenOptions,
    };
  }

  #patch(files: NodeFiles): void {
    const guard = (operations: Record<string, Operation>, name: string): void => {
      const original = operations[name];
      if (original === undefined) throw new Error(`The engine's file layer has no operation ${name}.`);
      operations[name] = (...args: never[]) => {
        if (this.#cause !== undefined) this.#refuse(files);
        return original(...args);
      };
    };
    for (const name of changing.stream_ops) guard(files.stream_ops, name);
    for (const name of changing.node_ops) guard(files.node_ops, name);
    const write = files.stream_ops.write as Operation;
    files.stream_ops.write = (...args: never[]) => {
      const count = write(...args) as number;
      this.bytesWritten += count;
      return count;
    };
    files.stream_ops.fsync = (file: OpenFile) => {
      if (this.#cause !== undefined) this.#refuse(files);
      files.tryFSOperation(() => fs.fsyncSync(file.nfd));
      this.syncs += 1;
      return 0;
    };
  }

  #refuse(files: NodeFiles): never {
    files.tryFSOperation(() => {
      throw Object.assign(new Error("fenced"), { code: "EIO" });
    });
    throw new Error("unreachable");
  }
}
