import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { parseCheckpoint } from "@cmdop/audit";
import { noteOf, unreadableAudit } from "../audit-files.ts";
import { usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { unwritable } from "../output/unwritable.ts";

export const run = async (context: Context): Promise<number> => {
  const { arguments: named, io, options, print } = context;
  const [entry] = named;
  const since = options.text("since");
  if ((entry === undefined) === (since === undefined)) {
    throw usageError(
      "Name an entry, or give a kept checkpoint with --since.",
      "For example: cmdop audit proof 4711, or: cmdop audit proof --since kept.json",
    );
  }
  const proof =
    since === undefined ? await proveEntry(context, entry ?? "") : await proveSince(context, since);
  const output = options.text("output");
  if (output === undefined) await print.json(proof);
  else {
    await writeFile(path.resolve(io.cwd, output), `${JSON.stringify(proof)}\n`, { mode: 0o600 }).catch(
      (cause: unknown) => {
        throw unwritable(output, cause);
      },
    );
  }
  const kept = since === undefined ? "" : ` --checkpoint ${since}`;
  print.note(
    `Verify it anywhere: cmdop audit verify ${output ?? "FILE"} --key KEY${kept} (cmdop audit checkpoints shows the key)`,
  );
  return exitCodes.done;
};

const proveEntry = async ({ control, fleet, options, signal }: Context, given: string): Promise<unknown> => {
  const seq = /^\d{1,15}$/.test(given) ? Number(given) : 0;
  if (seq === 0) throw usageError(`${given} is no number of an entry.`, "Type: cmdop audit list");
  const client = await control();
  const { data } = options.flag("all")
    ? await client.GET("/v1/audit/{seq}/proof", { params: { path: { seq } }, signal })
    : await client.GET("/v1/fleets/{fleet}/audit/{seq}/proof", {
        params: { path: { fleet: await fleet(), seq } },
        signal,
      });
  return data;
};

const proveSince = async ({ control, io, signal }: Context, since: string): Promise<unknown> => {
  const from = await readFile(path.resolve(io.cwd, since), "utf8")
    .then((text) => parseCheckpoint(noteOf(text)).size)
    .catch((cause: unknown) => {
      throw unreadableAudit(since, cause, "Give an item of: cmdop audit checkpoints --json");
    });
  const client = await control();
  const { data } = await client.GET("/v1/audit/consistency", { params: { query: { from } }, signal });
  return data;
};
