import { toDisplayText } from "@cmdop/base";
import type { OpenedSession, StartOptions } from "@cmdop/sdk";
import { assertTerminal, attachAndReport, readLeader } from "../attach/attach-report.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { parseEnv } from "../options/env-option.ts";

const policies = ["latest", "smallest", "fixed"] as const;

export const run = async (context: Context): Promise<number> => {
  const {
    argv,
    arguments: [machine],
    client,
    io,
    options,
    signal,
  } = context;
  const isDetached = options.flag("detached");
  if (!isDetached)
    assertTerminal(io, "Add -d to start it without attaching, then use cmdop send, read and wait.");
  const leader = readLeader(context);
  const name = options.text("name");
  const cwd = options.text("cwd");
  const timeoutMs = options.number("timeout");
  const resizePolicy = policies.find((policy) => policy === options.text("size-policy"));
  const start: StartOptions = {
    kind: "terminal",
    env: parseEnv(options.list("env")),
    signal,
    ...(machine ? { machine } : {}),
    ...(argv.length > 0 ? { argv } : {}),
    ...(name ? { name } : {}),
    ...(cwd ? { cwd } : {}),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(resizePolicy ? { resizePolicy } : {}),
    ...(io.stdout.isTTY && io.stdout.columns && io.stdout.rows
      ? { cols: io.stdout.columns, rows: io.stdout.rows }
      : {}),
  };
  const opened = await client();
  const started = await opened.open(start);
  if (isDetached) {
    await report(context, started);
    return exitCodes.done;
  }
  return attachAndReport(context, { client: opened, session: started, leader, isView: false, isTake: false });
};

const report = async ({ print }: Context, { session }: OpenedSession): Promise<void> => {
  if (print.isJson) {
    await print.json(session);
    return;
  }
  await print.line(session.id);
  print.note(`Type: cmdop attach ${toDisplayText(session.name, 64) || session.id}`);
};
