import { access, constants } from "node:fs/promises";
import path from "node:path";
import { makePrivateDirectory, writeSecretFile } from "@cmdop/authority";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [kind, name = ""],
    control,
    io,
    options,
    print,
    signal,
  } = context;
  const out = options.text("out");
  const file = out === undefined ? undefined : path.resolve(io.cwd, out);
  // Before it is made: a credential that cannot be written is lost, and stays good.
  if (file !== undefined) await assertWritable(path.dirname(file));
  const client = await control();
  const { data } = await client.POST("/v1/edges", {
    body: { name, kind: kind === "router" ? "router" : "relay" },
    signal,
  });
  if (!data) return exitCodes.failed;
  const { secret, ...edge } = data;
  if (file !== undefined) {
    await writeSecretFile(file, `${secret}\n`);
    if (print.isJson) await print.json(edge);
    else if (print.isQuiet) await print.line(edge.id);
    return exitCodes.done;
  }
  if (print.isJson) await print.json(data);
  else await print.line(secret);
  print.note("It is shown once. It belongs into edge.token, beside control.json.");
  return exitCodes.done;
};

const assertWritable = async (directory: string): Promise<void> => {
  await makePrivateDirectory(directory);
  await access(directory, constants.W_OK);
};
