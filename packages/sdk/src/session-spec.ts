import type { MessageInitShape } from "@bufbuild/protobuf";
import { Failure } from "@cmdop/base";
import type { SessionSpecSchema } from "@cmdop/protocol";
import type { StartOptions } from "./start-options.ts";
import { toKind, toResizePolicy } from "./wire-facts.ts";

const toMs = (name: string, ms: number | undefined): bigint => {
  if (ms === undefined) return 0n;
  if (!Number.isFinite(ms) || ms < 1) throw new Failure("invalid_argument", `${name} is not a time in ms.`);
  return BigInt(Math.ceil(ms));
};

const toCells = (name: string, cells: number | undefined, usual: number): number => {
  const value = cells ?? usual;
  if (!Number.isInteger(value) || value < 1 || value > 65_535) {
    throw new Failure("invalid_argument", `${name} is not a number of cells.`);
  }
  return value;
};

/** Throws `invalid_argument` for what cannot be meant; the machine judges the rest. */
export const toSessionSpec = (options: StartOptions): MessageInitShape<typeof SessionSpecSchema> => {
  if (options.shell !== undefined && options.argv !== undefined) {
    throw new Failure("invalid_argument", "Give argv or shell, not both.");
  }
  const kind = options.kind ?? "terminal";
  const argv = options.shell === undefined ? options.argv : ["/bin/sh", "-c", options.shell];
  if (kind === "command" && (argv === undefined || argv.length === 0)) {
    throw new Failure("invalid_argument", "A command needs argv or shell.");
  }
  return {
    kind: toKind(kind),
    argv: [...(argv ?? [])],
    cwd: options.cwd ?? "",
    env: { ...options.env },
    cols: toCells("cols", options.cols, 80),
    rows: toCells("rows", options.rows, 24),
    name: options.name ?? "",
    resizePolicy: toResizePolicy(options.resizePolicy),
    timeoutMs: toMs("timeoutMs", options.timeoutMs),
    idleMs: toMs("idleMs", options.idleMs),
    stdin: options.stdin ?? false,
    waitForReader: options.waitForReader ?? false,
  };
};
