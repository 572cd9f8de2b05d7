import { Failure, toDisplayText } from "@cmdop/base";
import { type ControlSchemas, type Machine, readAll } from "@cmdop/sdk";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { toDurationText } from "../options/duration.ts";
import { stateOf, systemOf } from "../output/machine-text.ts";
import { iso } from "../output/session-columns.ts";
import type { Column } from "../output/table.ts";

const presences = ["online", "offline"] as const;

const relayColumns = (nowMs: number): readonly Column<Machine>[] => [
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

const controlColumns = (nowMs: number): readonly Column<ControlSchemas["Machine"]>[] => [
  { header: "NAME", value: (machine) => toDisplayText(machine.name, 64) },
  {
    header: "STATUS",
    value: stateOf,
    isWhole: true,
    paint: (text, machine, style) =>
      machine.disabledAt !== null
        ? style.yellow(text)
        : machine.presence === "online"
          ? style.green(text)
          : style.dim(text),
  },
  { header: "SESSIONS", value: (machine) => String(machine.liveSessions), isWhole: true },
  { header: "SYSTEM", value: systemOf },
  { header: "USER", value: ({ facts }) => toDisplayText(facts.username ?? "-", 40) },
  {
    header: "SEEN",
    value: (machine) =>
      machine.presence === "online" ? "now" : `${toDurationText(nowMs - Date.parse(machine.seenAt))} ago`,
    // Of one that is online it is the link's beginning, or the last token: the relay alone hears heartbeats.
    plain: (machine) => (machine.presence === "online" ? "now" : machine.seenAt),
    isWhole: true,
  },
  { header: "TAGS", value: (machine) => machine.tags.join(",") || "-" },
  { header: "ID", value: (machine) => machine.id, isWhole: true },
];

/** The control plane knows those that are away for long, and disabled ones; without it the relay tells what it has. */
export const run = async (context: Context): Promise<number> => {
  if (context.settings().control === undefined) return listAtRelay(context);
  let machines: readonly ControlSchemas["Machine"][];
  try {
    machines = await readFromControl(context);
  } catch (cause) {
    // What the relay has no notion of cannot be asked of it.
    const isAskable = context.options.text("tag") === undefined && context.settings().relays.length > 0;
    if (!isAskable || !isAway(cause)) throw cause;
    context.print.note("The control plane does not answer: these are the machines that the relay knows.");
    return listAtRelay(context);
  }
  await context.print.list(machines, controlColumns(context.io.wallMs()), {
    toJson: (machine) => machine,
    id: (machine) => machine.id,
    emptyNote: "No machines. Type: cmdop join-tokens create",
  });
  return exitCodes.done;
};

const isAway = (cause: unknown): boolean =>
  cause instanceof Failure && ["unavailable", "timed_out", "storage_unavailable"].includes(cause.code);

const presenceOf = ({ options }: Context): (typeof presences)[number] | undefined =>
  presences.find((one) => one === options.text("presence"));

const readFromControl = async (context: Context): Promise<readonly ControlSchemas["Machine"][]> => {
  const { control, fleet, options, signal } = context;
  const opened = await control();
  const path = { fleet: await fleet() };
  const q = options.text("search");
  const tag = options.text("tag");
  const presence = presenceOf(context);
  const filter = {
    ...(q === undefined ? {} : { q }),
    ...(tag === undefined ? {} : { tag }),
    ...(presence === undefined ? {} : { presence }),
  };
  return readAll<ControlSchemas["Machine"]>((page) =>
    opened.GET("/v1/fleets/{fleet}/machines", { params: { path, query: { ...page, ...filter } }, signal }),
  );
};

const listAtRelay = async (context: Context): Promise<number> => {
  const { client, io, options, print, signal } = context;
  const q = options.text("search")?.toLowerCase() ?? "";
  const presence = presenceOf(context);
  const machines = (await (await client()).machines.list({ signal })).filter(
    (machine) =>
      [machine.name, machine.facts?.hostname ?? ""].some((text) => text.toLowerCase().includes(q)) &&
      (presence === undefined || (machine.presence === "offline") === (presence === "offline")),
  );
  await print.list(machines, relayColumns(io.wallMs()), {
    toJson: (machine) => machine,
    id: (machine) => machine.id,
    emptyNote: "No machines. Type on one: cmdop up",
  });
  return exitCodes.done;
};
