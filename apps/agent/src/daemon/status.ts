import { type Clock, type Failure, toDisplayText } from "@cmdop/base";
import { type HostedSession, SessionKind } from "@cmdop/protocol";
import type { HostState } from "./host-keeper.ts";
import type { LinkState } from "./link-core.ts";

/** As documented in docs/reference/agent-socket.md. */
export interface AgentStatus {
  readonly version: 1;
  readonly agentVersion: string;
  readonly pid: number;
  readonly startedAtMs: number;
  readonly home: string;
  readonly socket: string;
  readonly machine: { readonly name: string; readonly id: string | null; readonly fingerprint: string };
  readonly relays: readonly string[];
  readonly link: LinkStatus;
  readonly host: { readonly state: HostState; readonly pid: number | null; readonly socket: string };
  readonly sessions: readonly SessionStatus[];
}

export interface LinkStatus {
  readonly state: LinkState["kind"];
  readonly relay: string | null;
  readonly relayId: string | null;
  readonly sinceMs: number;
  readonly retryAtMs: number | null;
  readonly failure: { readonly code: string; readonly text: string } | null;
}

export interface SessionStatus {
  readonly id: string;
  readonly kind: "terminal" | "command";
  readonly name: string;
  readonly title: string;
  readonly createdAtMs: number;
  readonly ended: boolean;
  readonly homes: number;
}

/** The core counts monotonic time; who reads a status wants the wall clock's. */
export const toLinkStatus = (
  state: LinkState,
  lastFailure: Failure | undefined,
  clock: Clock,
): LinkStatus => {
  const toWall = (ms: number): number => Math.round(clock.wallMs() + ms - clock.nowMs());
  const failure = lastFailure ? { code: lastFailure.code, text: lastFailure.message } : null;
  const none = { relay: null, relayId: null, retryAtMs: null, failure: null };
  switch (state.kind) {
    case "stopped":
      return { ...none, state: "stopped", sinceMs: clock.wallMs() };
    case "linked":
    case "draining": {
      const { relay, relayId, sinceMs } = state.link;
      return { ...none, state: state.kind, relay, relayId, sinceMs: toWall(sinceMs) };
    }
    case "waiting": {
      const retryAtMs = Number.isFinite(state.retryAtMs) ? toWall(state.retryAtMs) : null;
      return {
        ...none,
        state: "waiting",
        relay: state.relay,
        sinceMs: toWall(state.sinceMs),
        retryAtMs,
        failure,
      };
    }
    case "dialing":
    case "proving":
      return { ...none, state: state.kind, relay: state.relay, sinceMs: toWall(state.sinceMs), failure };
  }
};

export const toSessionStatus = (session: HostedSession, homes: number): SessionStatus => ({
  id: session.sessionId,
  kind: session.kind === SessionKind.COMMAND ? "command" : "terminal",
  name: toDisplayText(session.name),
  title: toDisplayText(session.title),
  createdAtMs: Number(session.createdAtMs),
  ended: session.exit !== undefined,
  homes,
});
