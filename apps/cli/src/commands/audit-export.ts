import { createWriteStream } from "node:fs";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { auditFilterOf } from "../options/audit-filter.ts";
import { unwritable } from "../output/unwritable.ts";

export const run = async (context: Context): Promise<number> => {
  const { control, fleet, options, print, signal } = context;
  const client = await control();
  const format = options.text("format") === "csv" ? ("csv" as const) : ("ndjson" as const);
  const query = { ...auditFilterOf(context), format };
  const { data, response } = options.flag("all")
    ? await client.GET("/v1/audit/export", { params: { query }, parseAs: "stream", signal })
    : await client.GET("/v1/fleets/{fleet}/audit/export", {
        params: { path: { fleet: await fleet() }, query },
        parseAs: "stream",
        signal,
      });
  if (data) await write(context, data as unknown as ReadableStream<Uint8Array>);
  if (response.headers.get("cmdop-audit-verifiable") === "yes") {
    const file = context.options.text("output") ?? "FILE";
    print.note(
      `Verify it with: cmdop audit verify ${file} --key KEY (cmdop audit checkpoints shows the key)`,
    );
  } else {
    print.note(
      "This part of the log has gaps: it can be read, not verified. The whole of it: --all, without filters.",
    );
  }
  return exitCodes.done;
};

const write = async ({ io, options, print }: Context, body: ReadableStream<Uint8Array>): Promise<void> => {
  const output = options.text("output");
  if (output === undefined) {
    for await (const piece of body) await print.bytes(piece);
    return;
  }
  // It says who did what on which machine: for its owner's eyes.
  const file = createWriteStream(path.resolve(io.cwd, output), { mode: 0o600 });
  await pipeline(Readable.fromWeb(body), file).catch((cause: unknown) => {
    throw unwritable(output, cause);
  });
};
