import type { ControlSchemas } from "@cmdop/sdk";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Column } from "../output/table.ts";
import { timeColumn } from "../output/time-column.ts";

type Execution = ControlSchemas["RunExecution"];

const columns: readonly Column<Execution>[] = [
  { header: "ATTEMPT", value: ({ attempt }) => String(attempt), isWhole: true },
  { header: "MACHINE", value: ({ machineId }) => machineId, isWhole: true },
  { header: "STATUS", value: ({ status }) => status, isWhole: true },
  {
    header: "RESULT",
    value: ({ exitCode, signal, errorCode }) =>
      exitCode === null ? (signal ?? errorCode ?? "-") : String(exitCode),
  },
  {
    header: "OUTPUT",
    value: ({ outputBytes }) => (outputBytes === null ? "-" : `${outputBytes} B`),
    isWhole: true,
  },
  timeColumn("STARTED", ({ startedAt }) => startedAt),
  timeColumn("FINISHED", ({ finishedAt }) => finishedAt),
  { header: "SESSION", value: ({ sessionId }) => sessionId ?? "-", isWhole: true },
];

export const run = async ({
  arguments: [wanted = ""],
  control,
  fleet,
  print,
  signal,
}: Context): Promise<number> => {
  const client = await control();
  const { data } = await client.GET("/v1/fleets/{fleet}/runs/{run}", {
    params: { path: { fleet: await fleet(), run: wanted } },
    signal,
  });
  if (!data) return exitCodes.failed;
  if (print.isJson) {
    await print.json(data);
    return exitCodes.done;
  }
  await print.list(data.executions, columns, {
    toJson: (execution) => execution,
    id: (execution) => execution.sessionId ?? execution.machineId,
    emptyNote: `${data.status}${data.statusReason ? `: ${data.statusReason}` : ""}. Nothing was started.`,
  });
  if (data.executions.some(({ sessionId }) => sessionId !== null))
    print.note("What it printed: cmdop read SESSION");
  return exitCodes.done;
};
