import type { Clock, Failure } from "@cmdop/base";
import {
  type DenialEvent,
  type EdgeEvent,
  type EventParty,
  machineSessionsMax,
  type SessionEvent,
} from "@cmdop/edge";
import type { SessionInfo } from "../../core/parties.ts";
import type { Catalogue, CatalogueAttachment, CatalogueParty } from "../../ports.ts";
import { addressOf } from "../../relay-context.ts";

/** What the relay tells the control plane: its catalogue, and refusals, gathered so that a flood makes few events. */
export interface ControlEvents extends Catalogue {
  refused(what: string, peer: string, failure: Failure): void;
  close(): void;
}

const denialIntervalMs = 10_000;
/** Kinds of refusals and peers in one interval; what is above is left out. */
const denialsMax = 1_000;

export const createControlEvents = (options: {
  readonly clock: Clock;
  readonly tell: (event: EdgeEvent) => void;
}): ControlEvents => {
  const { clock, tell } = options;
  const denials = new Map<string, DenialEvent>();
  let lastVersion = 0;
  let cancel = (): void => undefined;
  const atMs = (): number => Math.trunc(clock.wallMs());

  /** Above every version that any relay gave before, as far as their clocks agree. */
  const nextVersion = (): number => {
    lastVersion = Math.max(lastVersion + 1, atMs());
    return lastVersion;
  };
  const flush = (): void => {
    for (const denial of denials.values()) tell(denial);
    denials.clear();
  };
  const again = (): void => {
    cancel = clock.after(denialIntervalMs, () => {
      flush();
      again();
    });
  };
  again();

  return {
    session: ({ change, fleet, info, isGone, outputBytes, inputBytes, by, attachment }) => {
      tell({
        kind: "session",
        change,
        atMs: atMs(),
        fleet,
        sessionId: info.sessionId,
        version: nextVersion(),
        machineId: info.machineId,
        session: {
          kind: info.kind,
          name: info.name.slice(0, 256),
          program: (info.argv[0] ?? "").slice(0, 256),
          createdAtMs: Math.trunc(info.createdAtMs),
          openedBy: info.openedBy.slice(0, 128),
          state: info.state === "waiting" ? "live" : info.state,
          outputBytes,
          inputBytes,
          attachments: info.attachments,
          exit: toExit(info.exit),
        },
        recording: isGone ? { state: "gone", atMs: atMs() } : toKept(info),
        by: by ? toParty(by) : null,
        attachment: attachment ? toAttachment(attachment, atMs()) : null,
      });
    },
    machine: ({ change, fleet, machineId, name, reason, facts, sessionIds }) => {
      const { uptimeS: _uptime, homeDir: _home, ...told } = facts;
      const isOnline = change === "online";
      tell({
        kind: "machine",
        change,
        atMs: atMs(),
        fleet,
        machineId,
        name,
        reason,
        facts: isOnline ? told : null,
        ...(sessionIds && sessionIds.length <= machineSessionsMax ? { sessionIds: [...sessionIds] } : {}),
      });
    },
    refused: (what, peer, { code }) => {
      const address = addressOf(peer).slice(0, 64);
      const key = `${what} ${code} ${address}`;
      const known = denials.get(key);
      if (!known && denials.size >= denialsMax) return;
      const count = (known?.count ?? 0) + 1;
      denials.set(key, { kind: "denial", atMs: atMs(), what, code, peer: address, count });
    },
    close: () => {
      cancel();
      flush();
    },
  };
};

const toParty = ({ operator, actor, credential }: CatalogueParty): EventParty => ({
  name: operator,
  actor,
  accountId: credential.accountId ?? null,
  tokenId: credential.tokenId ?? null,
});

const toAttachment = (from: CatalogueAttachment, nowMs: number): SessionEvent["attachment"] => ({
  id: from.id,
  by: toParty(from),
  role: from.role,
  attachedAtMs: Math.trunc(from.attachedAtMs),
  detachedAtMs: from.reason === undefined ? null : nowMs,
  reason: from.reason ?? "",
  outputBytes: from.outputBytes,
});

const toKept = ({ logStart, offset, exit }: SessionInfo): SessionEvent["recording"] => ({
  state: "kept",
  from: logStart,
  to: Math.max(logStart, offset),
  untilMs: exit?.logUntilMs ?? null,
});

const toExit = (
  exit:
    | {
        code: number | undefined;
        signal: string;
        reason: NonNullable<SessionEvent["session"]["exit"]>["reason"];
        atMs: number;
      }
    | undefined,
): SessionEvent["session"]["exit"] =>
  exit === undefined
    ? null
    : {
        code: exit.code ?? null,
        signal: exit.signal.slice(0, 32),
        reason: exit.reason,
        atMs: Math.trunc(exit.atMs),
      };
