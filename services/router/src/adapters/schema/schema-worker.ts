// The thread in which callers' schemas are used: an interpreter, nothing of theirs is compiled to code. It may hang or
// run out of memory for all that; schema-validator.ts ends it then.
import { parentPort } from "node:worker_threads";
import { dereference, type Schema, validate } from "@cfworker/json-schema";
import type { SchemaJob, SchemaReply, SchemaResult } from "./schema-messages.ts";

const problemsMax = 16;
const problemCharsMax = 200;
const cachedMax = 64;

interface Usable {
  readonly schema: Schema;
  readonly draft: "4" | "7" | "2019-09" | "2020-12";
  readonly lookup: Record<string, Schema | boolean>;
}

const cache = new Map<string, Usable>();

const draftOf = ({ $schema }: Schema): Usable["draft"] => {
  const text = String($schema ?? "");
  if (text.includes("draft-04")) return "4";
  if (text.includes("draft-06") || text.includes("draft-07")) return "7";
  return text.includes("2019-09") ? "2019-09" : "2020-12";
};

const prepare = (schemaText: string): Usable => {
  const known = cache.get(schemaText);
  if (known) return known;
  const schema: Schema = JSON.parse(schemaText);
  const lookup = dereference(schema);
  for (const part of Object.values(lookup)) if (typeof part === "object") checkPart(part, lookup);
  const usable = { schema, draft: draftOf(schema), lookup };
  const [oldest] = cache.keys();
  if (cache.size >= cachedMax && oldest !== undefined) cache.delete(oldest);
  cache.set(schemaText, usable);
  return usable;
};

/** What the interpreter would trip over only when it comes there. */
const checkPart = (part: Schema, lookup: Usable["lookup"]): void => {
  const reference = part.__absolute_ref__;
  if (reference !== undefined && lookup[reference] === undefined) {
    throw new Error(`${String(part.$ref)} leads nowhere`);
  }
  for (const pattern of [part.pattern, ...Object.keys(part.patternProperties ?? {})]) {
    if (pattern !== undefined) new RegExp(pattern, "u");
  }
};

const run = ({ schemaText, instanceText }: SchemaJob): SchemaResult => {
  let usable: Usable;
  try {
    usable = prepare(schemaText);
  } catch (error) {
    return {
      kind: "unusable",
      reason: error instanceof Error ? error.message.slice(0, problemCharsMax) : "",
    };
  }
  if (instanceText === undefined) return { kind: "valid" };
  try {
    const instance: unknown = JSON.parse(instanceText);
    const { valid, errors } = validate(instance, usable.schema, usable.draft, usable.lookup);
    if (valid) return { kind: "valid" };
    const problems = errors
      .slice(-problemsMax)
      .map(({ instanceLocation, error }) => `${instanceLocation}: ${error}`.slice(0, problemCharsMax));
    return { kind: "invalid", problems };
  } catch (error) {
    if (error instanceof SyntaxError) return { kind: "invalid", problems: ["#: It is not JSON."] };
    // References that never end, or errors so many that they do not fit on the stack: as costly the next time.
    if (error instanceof RangeError) return { kind: "too-slow" };
    return { kind: "unusable", reason: "it cannot be used" };
  }
};

const reply = (message: SchemaReply): void => parentPort?.postMessage(message);

parentPort?.on("message", (job: SchemaJob) => reply({ kind: "done", id: job.id, result: run(job) }));
reply({ kind: "ready" });
