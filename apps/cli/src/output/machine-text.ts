import { toDisplayText } from "@cmdop/base";
import type { ControlSchemas } from "@cmdop/sdk";
import type { Context } from "../context.ts";
import { printRecord } from "./record.ts";

type Machine = ControlSchemas["Machine"];

export const systemOf = ({ facts }: Pick<Machine, "facts">): string =>
  facts.platform === undefined ? "-" : toDisplayText(`${facts.platform} ${facts.arch ?? ""}`.trim(), 40);

/** `disabled` and `locked` are more than away. */
export const stateOf = ({ disabledAt, disabledReason, presence }: Machine): string => {
  if (disabledAt !== null) return disabledReason === "copied" ? "locked" : "disabled";
  return presence;
};

export const printMachine = (context: Context, machine: Machine): Promise<void> =>
  printRecord(context, machine, [
    ["name", machine.name],
    ["id", machine.id],
    ["state", stateOf(machine)],
    ["hostname", machine.hostname],
    ["tags", machine.tags.join(", ") || "-"],
    ["system", systemOf(machine)],
    ["seen", machine.presence === "online" ? "now: its relay hears it every 30 s" : machine.seenAt],
    ["sessions", String(machine.liveSessions)],
    ["key", machine.keyFingerprint],
    ...(machine.isRotationWanted ? [["new key", "wanted"] as const] : []),
    ...(machine.proposedKeyFingerprint === null
      ? []
      : [["proposed key", machine.proposedKeyFingerprint] as const]),
    ["joined", machine.createdAt],
    ...(machine.ephemeralAfterMinutes === null
      ? []
      : [["vanishes", `${machine.ephemeralAfterMinutes} minutes after its last contact`] as const]),
  ]);
