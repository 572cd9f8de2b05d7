import { toDisplayText } from "@cmdop/base";
import type { SessionInfo } from "@cmdop/sdk";
import { toDurationText } from "../options/duration.ts";
import type { Column } from "./table.ts";

export const sessionState = (session: SessionInfo): string => {
  if (session.state !== "ended") return session.state;
  const { exit } = session;
  if (!exit) return "ended";
  if (exit.code !== null) return `ended ${exit.code}`;
  return `ended ${exit.signal ? toDisplayText(exit.signal, 20) : exit.reason}`;
};

/** What it runs, as a person would say it: its title, else its program, else "shell". */
export const sessionCommand = (session: SessionInfo): string =>
  toDisplayText(session.title || session.argv.join(" ") || "shell", 200);

export const iso = (ms: number): string => (ms > 0 ? new Date(ms).toISOString() : "");

export const sessionColumns = (nowMs: number): readonly Column<SessionInfo>[] => [
  { header: "NAME", value: (session) => toDisplayText(session.name, 64) || "-" },
  { header: "MACHINE", value: (session) => toDisplayText(session.machineName, 64) },
  {
    header: "STATE",
    value: sessionState,
    isWhole: true,
    paint: (text, session, style) =>
      session.state === "live"
        ? style.green(text)
        : session.state === "ended"
          ? style.dim(text)
          : style.yellow(text),
  },
  { header: "ATTACHED", value: (session) => String(session.attachments), isWhole: true },
  {
    header: "AGE",
    value: (session) => toDurationText(nowMs - session.createdAtMs),
    plain: (session) => iso(session.createdAtMs),
    isWhole: true,
  },
  { header: "RUNS", value: sessionCommand },
  { header: "ID", value: (session) => session.id, isWhole: true },
];
