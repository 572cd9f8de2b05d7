// What attach says, from what happened. Text from peers is made safe to draw.
import { Failure, toDisplayText } from "@cmdop/base";
import type { AttachmentEvent, Exit, Participant } from "@cmdop/sdk";
import { toDurationText } from "../options/duration.ts";
import type { Leader } from "./leader.ts";
import { leaderCommands } from "./leader-keys.ts";
import type { WayPart } from "./session-way.ts";

export const hintLine = (leader: Leader): string =>
  `${leader.label} then: d detach · t take · r hand back · w who · l redraw · ? help`;

export const helpLines = (leader: Leader | undefined): readonly string[] => {
  const label = leader?.label ?? "";
  return [
    ...leaderCommands.map(({ key, about }) => `${label} ${key}   ${about}`),
    `${label} ${label}   send ${label} itself`,
    "any key closes this",
  ];
};

export const whoLines = (participants: readonly Participant[]): readonly string[] =>
  participants.map(({ operator, role, actor, cols, rows, isSelf, hasLease }) => {
    const size = cols > 0 ? ` ${cols}×${rows}` : "";
    const holds = hasLease ? " · has the keyboard" : "";
    return `${toDisplayText(operator, 40)}${isSelf ? " (you)" : ""}: ${role}, ${actor}${size}${holds}`;
  });

/** Behind the session's name. */
export const endWords = ({ code, signal, reason }: Pick<Exit, "code" | "signal" | "reason">): string => {
  if (reason === "lost") return "is lost: its machine, or the session host there, ended before it did";
  if (code !== null) return `ended with code ${code}`;
  return `ended with ${signal === null ? reason : toDisplayText(signal, 20)}`;
};

export const outageLine = (cause: WayPart, lastedMs: number, leader: Leader | undefined): string => {
  const what = cause === "connection" ? "reconnecting" : "the machine is away";
  const detach = leader ? ` · ${leader.label} d detaches` : "";
  return `${what}, ${toDurationText(lastedMs)} · typing is not delivered${detach}`;
};

/** Undefined: nothing that a person needs to be told. */
export const eventLine = (event: AttachmentEvent, leader?: Leader): string | undefined => {
  switch (event.type) {
    case "inputDropped":
      return `not delivered: ${event.bytes} ${event.bytes === 1 ? "byte" : "bytes"} typed while away`;
    case "inputRefused":
      return event.failure.code === "lease_held"
        ? `not typed: somebody else has the keyboard${leader ? ` · ${leader.label} t takes it` : ""}`
        : `not typed: ${toDisplayText(event.failure.message)}`;
    case "lease": {
      const { holder, actor, isMine } = event.lease;
      return holder === "" || isMine ? undefined : `${toDisplayText(holder, 40)} (${actor}) has the keyboard`;
    }
    case "fault":
      return toDisplayText(event.failure.message);
    default:
      return undefined;
  }
};

export const failureLine = (cause: unknown): string =>
  cause instanceof Failure ? toDisplayText(cause.message) : "that did not work";
