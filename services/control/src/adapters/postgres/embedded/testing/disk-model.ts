// A model of a disk that loses its power: of what was written, only what was synced is sure to be there.
import { lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { SeededRandom } from "@cmdop/testkit";
import { DurableFiles } from "../durable-files.ts";

export type DiskOperation =
  | { readonly kind: "create" | "unlink"; readonly path: string }
  | { readonly kind: "write"; readonly path: string; readonly at: number; readonly bytes: Buffer }
  | { readonly kind: "truncate"; readonly path: string; readonly size: number }
  | { readonly kind: "rename"; readonly path: string; readonly to: string }
  | { readonly kind: "sync"; readonly path: string }
  /** Not of the disk: the database said that transaction `n` is committed. */
  | { readonly kind: "acknowledged"; readonly n: number };

interface Node {
  readonly parent: Node;
  readonly name: string;
  readonly mode: number;
}

interface Stream {
  readonly node: Node;
}

type Operation = (...args: unknown[]) => unknown;

interface Files {
  readonly NODEFS: {
    realPath(node: Node): string;
    readonly stream_ops: Record<string, Operation>;
    readonly node_ops: Record<string, Operation>;
  };
}

type Init = Parameters<DurableFiles["init"]>;

/** The engine's file layer, with every change written down in order. */
export class RecordingFiles extends DurableFiles {
  readonly operations: DiskOperation[] = [];

  override async init(engine: Init[0], options: Init[1]): Promise<{ emscriptenOpts: Init[1] }> {
    const { emscriptenOpts } = await super.init(engine, options);
    const record = (module: unknown): void => this.#record((module as Files).NODEFS);
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [...(emscriptenOpts.preRun ?? []), record] } };
  }

  #record(files: Files["NODEFS"]): void {
    const pathOf = (node: Node): string => relative(this.rootDir, files.realPath(node));
    /** `describe` looks before the operation, when the names are still the old ones. */
    const wrap = (
      operations: Record<string, Operation>,
      name: string,
      describe: (...args: never[]) => DiskOperation | undefined,
    ): void => {
      const original = operations[name];
      if (original === undefined) throw new Error(`The file layer has no ${name}.`);
      operations[name] = (...args: unknown[]) => {
        const operation = describe(...(args as never[]));
        const result = original(...args);
        if (operation !== undefined) this.operations.push(operation);
        return result;
      };
    };
    const truncation = (node: Node, attributes: { size?: number }): DiskOperation | undefined =>
      attributes.size === undefined
        ? undefined
        : { kind: "truncate", path: pathOf(node), size: attributes.size };
    wrap(
      files.stream_ops,
      "write",
      ({ node }: Stream, memory: Uint8Array, from: number, length: number, at: number) => ({
        kind: "write",
        path: pathOf(node),
        at,
        bytes: Buffer.from(memory.slice(from, from + length)),
      }),
    );
    wrap(files.stream_ops, "fsync", ({ node }: Stream) => ({ kind: "sync", path: pathOf(node) }));
    wrap(files.stream_ops, "setattr", ({ node }: Stream, attributes: { size?: number }) =>
      truncation(node, attributes),
    );
    wrap(files.node_ops, "setattr", truncation);
    wrap(files.node_ops, "mknod", (parent: Node, name: string) => ({
      kind: "create",
      path: join(pathOf(parent), name),
    }));
    wrap(files.node_ops, "unlink", (parent: Node, name: string) => ({
      kind: "unlink",
      path: join(pathOf(parent), name),
    }));
    wrap(files.node_ops, "rename", (node: Node, parent: Node, name: string) => ({
      kind: "rename",
      path: pathOf(node),
      to: join(pathOf(parent), name),
    }));
  }
}

const sectorBytes = 512;

class ModelFile {
  current: Buffer;
  durable: Buffer;

  constructor(content: Buffer = Buffer.alloc(0)) {
    this.current = content;
    this.durable = content;
  }

  resize(size: number): void {
    const next = Buffer.alloc(size);
    this.current.copy(next, 0, 0, Math.min(size, this.current.length));
    this.current = next;
  }

  write(at: number, bytes: Buffer): void {
    // What is durable shares the bytes until the first change after a sync.
    if (this.current === this.durable) this.current = Buffer.from(this.current);
    if (at + bytes.length > this.current.length) this.resize(at + bytes.length);
    bytes.copy(this.current, at);
  }

  /** What was synced, and of the rest the sectors that the disk happened to write. */
  afterCut(random: SeededRandom, survival: number): Buffer {
    if (this.current === this.durable || survival === 0) return this.durable;
    const content = Buffer.alloc(
      random.chance(survival) ? this.current.length : Math.min(this.durable.length, this.current.length),
    );
    this.durable.copy(content);
    for (let at = 0; at < content.length; at += sectorBytes) {
      if (random.chance(survival)) this.current.copy(content, at, at, at + sectorBytes);
    }
    return content;
  }
}

/**
 * Names of files become durable with a sync of the file or of its directory, and so do removals and renames with a
 * sync of the directory, as on ext4.
 */
export class DiskModel {
  #current = new Map<string, ModelFile>();
  #durable = new Map<string, ModelFile>();
  readonly #directories: string[] = [];

  /** Everything that lies in the directory is durable. */
  constructor(root: string) {
    const visit = (path: string): void => {
      for (const name of readdirSync(join(root, path))) {
        const child = join(path, name);
        if (lstatSync(join(root, child)).isDirectory()) {
          this.#directories.push(child);
          visit(child);
        } else {
          this.#current.set(child, new ModelFile(readFileSync(join(root, child))));
        }
      }
    };
    visit("");
    this.#durable = new Map(this.#current);
  }

  apply(operation: DiskOperation): void {
    if (operation.kind === "acknowledged") return;
    const file = this.#current.get(operation.path);
    switch (operation.kind) {
      case "create":
        if (file === undefined) this.#current.set(operation.path, new ModelFile());
        break;
      case "unlink":
        this.#current.delete(operation.path);
        break;
      case "write":
        file?.write(operation.at, operation.bytes);
        break;
      case "truncate":
        file?.resize(operation.size);
        break;
      case "rename":
        if (file === undefined) break;
        this.#current.delete(operation.path);
        this.#current.set(operation.to, file);
        break;
      case "sync":
        if (file === undefined) this.#syncDirectory(operation.path);
        else {
          file.durable = file.current;
          this.#durable.set(operation.path, file);
        }
        break;
    }
  }

  #syncDirectory(path: string): void {
    const isInside = (name: string): boolean => dirname(name) === (path === "" ? "." : path);
    for (const name of [...this.#durable.keys()]) if (isInside(name)) this.#durable.delete(name);
    for (const [name, file] of this.#current) if (isInside(name)) this.#durable.set(name, file);
  }

  /** Writes what is there when the power is back. `survival` is the part of the unsynced that got there anyway. */
  writeAfterCut(target: string, random: SeededRandom, survival: number): void {
    mkdirSync(target, { recursive: true, mode: 0o700 });
    for (const path of this.#directories) mkdirSync(join(target, path), { recursive: true });
    const names = random.chance(survival) ? this.#current : this.#durable;
    for (const [path, file] of names) {
      writeFileSync(join(target, path), file.afterCut(random, survival), { mode: 0o600 });
    }
  }
}
