import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { writeSecretFile } from "@cmdop/authority";
import type { z } from "zod";

// One disk copy: a line with the SHA-256 of the rest, and the rest in JSON. Written whole (temporary file, fsync,
// rename), so that a crash leaves the old copy or the new one; a copy that anything else damaged is told apart.

export type StateRead<Value> =
  | { readonly kind: "value"; readonly value: Value }
  | { readonly kind: "absent" }
  | { readonly kind: "corrupt" };

const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex");

export const readStateFile = async <Schema extends z.ZodType>(
  path: string,
  schema: Schema,
): Promise<StateRead<z.infer<Schema>>> => {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    const isAbsent = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    return { kind: isAbsent ? "absent" : "corrupt" };
  }
  const end = text.indexOf("\n");
  const body = text.slice(end + 1);
  if (end < 0 || text.slice(0, end) !== digestOf(body)) return { kind: "corrupt" };
  try {
    return { kind: "value", value: schema.parse(JSON.parse(body)) };
  } catch {
    return { kind: "corrupt" };
  }
};

export const writeStateFile = async (path: string, value: unknown): Promise<void> => {
  const body = JSON.stringify(value);
  await writeSecretFile(path, `${digestOf(body)}\n${body}`);
};
