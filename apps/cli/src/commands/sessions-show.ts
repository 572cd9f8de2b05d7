import { toDisplayText } from "@cmdop/base";
import type { ControlSchemas } from "@cmdop/sdk";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { catalogueState, recordingText } from "../output/catalogue-columns.ts";
import { machineNames } from "../output/machine-name.ts";
import type { Column } from "../output/table.ts";
import { timeColumn } from "../output/time-column.ts";

type Attachment = ControlSchemas["SessionAttachment"];

const columns: readonly Column<Attachment>[] = [
  { header: "WHO", value: (attachment) => toDisplayText(attachment.name, 100) },
  { header: "ROLE", value: (attachment) => attachment.role, isWhole: true },
  timeColumn("FROM", (attachment) => attachment.attachedAt),
  timeColumn("TO", (attachment) => attachment.detachedAt),
  { header: "WHY", value: (attachment) => toDisplayText(attachment.reason, 64) || "-" },
];

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [id = ""],
    control,
    fleet,
    print,
    signal,
  } = context;
  const client = await control();
  const { data } = await client.GET("/v1/fleets/{fleet}/sessions/{session}", {
    params: { path: { fleet: await fleet(), session: id } },
    signal,
  });
  if (!data) return exitCodes.failed;
  if (print.isJson) {
    await print.json(data);
    return exitCodes.done;
  }
  const { session, attachments } = data;
  if (!print.isQuiet) {
    for (const [label, value] of [
      ["name", session.name || "-"],
      ["machine", await machineNames(context, [session.machineId])],
      ["runs", session.program || "shell"],
      ["state", catalogueState(session)],
      ["opened", `${session.createdAt} by ${session.openedBy}`],
      ["ended", session.endedAt ?? "-"],
      ["output", `${session.outputBytes} bytes`],
      ["kept", recordingText(session)],
      ["id", session.id],
    ] as const) {
      await print.line(`${label.padEnd(8)} ${toDisplayText(value, 1_000)}`);
    }
  }
  await print.list(attachments, columns, {
    toJson: (attachment) => attachment,
    id: (attachment) => attachment.id,
    emptyNote: "Nobody was attached.",
  });
  return exitCodes.done;
};
