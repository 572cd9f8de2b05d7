// The way to a session has two parts: our connection to the relay, and the machine's link to it.
import type { AttachmentEvent } from "@cmdop/sdk";

export type WayPart = "connection" | "machine";

/** Which part of the way an event says to be there or not; undefined: it says nothing of it. */
export const partOfWay = (
  event: AttachmentEvent,
): { readonly part: WayPart; readonly isThere: boolean } | undefined => {
  switch (event.type) {
    case "reconnecting":
      return { part: "connection", isThere: false };
    case "reconnected":
      return { part: "connection", isThere: true };
    case "route":
      return { part: "machine", isThere: event.state !== "waiting" && event.state !== "lost" };
    default:
      return undefined;
  }
};
