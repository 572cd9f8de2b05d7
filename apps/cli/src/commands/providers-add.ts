import { createReadStream } from "node:fs";
import path from "node:path";
import { usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { readStdin } from "../stdin.ts";

/** 64 keys of 4 KiB. */
const keyBytesMax = 256 * 1024;

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [name = ""],
    control,
    fleet,
    options,
    print,
    signal,
  } = context;
  const keys = options.flag("no-key") ? [] : await readKeys(context);
  const kind = options.text("kind") === "openrouter" ? "openrouter" : "openai";
  const client = await control();
  const body = { name, kind, baseUrl: options.text("url") ?? null, keys, headers: {} } as const;
  const { data } = options.flag("platform")
    ? await client.POST("/v1/providers", { body, signal })
    : await client.POST("/v1/fleets/{fleet}/providers", {
        params: { path: { fleet: await fleet() } },
        body,
        signal,
      });
  if (!data) return exitCodes.failed;
  if (print.isJson) await print.json(data);
  else if (print.isQuiet) await print.line(data.id);
  else print.note(`Requests reach it as ${data.name}/MODEL.`);
  return exitCodes.done;
};

const readKeys = async ({ io, options }: Context): Promise<string[]> => {
  const file = options.text("key-file");
  if (file === undefined && io.stdin.isTTY === true) {
    throw usageError("The keys come from standard input.", "For example: cmdop providers add NAME < key.txt");
  }
  const input = file === undefined ? io.stdin : createReadStream(path.resolve(io.cwd, file));
  const keys = (await readStdin(input, keyBytesMax))
    .toString()
    .split(/\s+/)
    .filter((key) => key !== "");
  if (keys.length === 0) throw usageError("No key was given.", "One a line; or pass --no-key.");
  return keys;
};
