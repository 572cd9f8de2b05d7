import { toDisplayText } from "@cmdop/base";
import type { Machine } from "@cmdop/sdk";
import type { Context } from "../context.ts";
import { toDurationText } from "../duration.ts";
import { exitCodes } from "../exit-codes.ts";
import { iso } from "../output/session-columns.ts";
import type { Column } from "../output/table.ts";

const columns = (nowMs: number): readonly Column<Machine>[] => [
  { header: "NAME", value: (machine) => toDisplayText(machine.name, 64) },
  {
    header: "STATUS",
    value: (machine) => machine.presence,
    isWhole: true,
    paint: (text, machine, style) =>
      machine.presence === "online"
        ? style.green(text)
        : machine.presence === "waiting"
          ? style.yellow(text)
          : style.dim(text),
  },
  { header: "SESSIONS", value: (machine) => String(machine.sessions), isWhole: true },
  {
    header: "SYSTEM",
    value: ({ facts }) => (facts ? toDisplayText(`${facts.platform} ${facts.arch}`, 40) : "-"),
  },
  { header: "USER", value: ({ facts }) => (facts ? toDisplayText(facts.username, 40) : "-") },
  {
    header: "SEEN",
    value: (machine) =>
      machine.presence === "online" ? "now" : `${toDurationText(nowMs - machine.seenAtMs)} ago`,
    plain: (machine) => iso(machine.seenAtMs),
    isWhole: true,
  },
  { header: "ID", value: (machine) => machine.id, isWhole: true },
];

export const run = async ({ client, io, print, signal }: Context): Promise<number> => {
  const machines = await (await client()).machines.list({ signal });
  await print.list(machines, columns(io.wallMs()), {
    toJson: (machine) => machine,
    id: (machine) => machine.id,
    emptyNote: "No machines. Type on one: cmdop up",
  });
  return exitCodes.done;
};
