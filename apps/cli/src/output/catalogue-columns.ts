import { toDisplayText } from "@cmdop/base";
import type { ControlSchemas } from "@cmdop/sdk";
import type { Column } from "./table.ts";
import { timeColumn } from "./time-column.ts";

type Session = ControlSchemas["Session"];

export const catalogueState = ({ state, exitCode, exitSignal, exitReason }: Session): string =>
  state === "ended" ? ["ended", exitCode ?? exitSignal ?? exitReason ?? ""].join(" ").trimEnd() : state;

/** What can still be read of its output, and how. */
export const recordingText = ({ id, recording }: Session): string => {
  if (!recording) return "not known";
  if (recording.state === "gone")
    return `nothing: its machine let it go (${recording.goneAt ?? "some time"})`;
  const until = recording.until === null ? "" : `, until ${recording.until} at the latest`;
  return `bytes ${recording.from ?? 0} to ${recording.to ?? 0} on its machine${until}; cmdop read ${id}`;
};

export const catalogueColumns: readonly Column<Session>[] = [
  { header: "NAME", value: (session) => toDisplayText(session.name, 64) || "-" },
  { header: "MACHINE", value: (session) => session.machineId, isWhole: true },
  { header: "STATE", value: (session) => toDisplayText(catalogueState(session), 40), isWhole: true },
  timeColumn("OPENED", (session) => session.createdAt),
  { header: "BY", value: (session) => toDisplayText(session.openedBy, 64) },
  { header: "RUNS", value: (session) => toDisplayText(session.program, 100) || "shell" },
  { header: "ID", value: (session) => session.id, isWhole: true },
];
