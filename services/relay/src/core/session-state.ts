// The states of a session's route and the edges between them.
import type { Exit, RouteState } from "./parties.ts";

export type SessionState =
  /** No home; within the grace window. */
  | { readonly kind: "waiting"; readonly sinceMs: number }
  | { readonly kind: "live" }
  /** No home for longer than the grace window; the execution may live on at the machine. */
  | { readonly kind: "lost" }
  /** A home may come and go, on demand, to read the log. */
  | { readonly kind: "ended"; readonly exit: Exit };

const edges: { readonly [From in RouteState]: readonly RouteState[] } = {
  waiting: ["live", "lost", "ended"],
  live: ["live", "waiting", "lost", "ended"],
  lost: ["live", "waiting", "ended"],
  ended: [],
};

export const isEdge = (from: RouteState, to: RouteState): boolean => edges[from].includes(to);
