import { join } from "node:path";
import type { KeySet } from "@cmdop/authority";
import { type Clock, type Random, randomBase62, Scope, systemClock, systemRandom } from "@cmdop/base";
import { AnswerCopies } from "./answer-copies.ts";
import { openCheckpointWitness, type WitnessAlarm, type WitnessStats } from "./checkpoint-witness.ts";
import type { OutagePolicy, RevocationRow } from "./contract.ts";
import type { EdgeEvent } from "./contract-events.ts";
import type { ControlClient } from "./control-client.ts";
import { openEdgeState, type StatePart } from "./edge-state.ts";
import { type CacheCounts, IntrospectionCache, type TokenVerdict } from "./introspection-cache.ts";
import { edgeLimits } from "./limits.ts";
import { type AppendResult, type OutboxEvents, type OutboxStats, openOutbox } from "./outbox.ts";
import { type FeedBreak, openRevocationFeed } from "./revocation-feed.ts";
import type { RevocationFence } from "./revocation-fence.ts";
import { poll, pollSnapshots, type SnapshotPart } from "./snapshot-polling.ts";
import { createUsageCounts } from "./usage-counts.ts";

/**
 * One relay or router at the control plane: asks about tokens, follows revocations, keeps copies on disk, and hands
 * events over. Opening it needs no control plane.
 *
 * A router's key validation is one call of `verdict`: `active` gives `answer.router` (models, limits, budgets,
 * providers) and `answer.tokenId`; `inactive` is "unknown" to the caller; `unavailable` is a 503 and `limited` a 429, never a guess.
 */
export interface Edge {
  readonly edgeId: string;
  readonly fence: RevocationFence;
  /** The control plane's keys but those that were withdrawn; undefined: never seen. */
  keySet(): KeySet | undefined;
  /** Whether it was withdrawn: what it signed counts for nothing. */
  isKeyWithdrawn(keyId: string): boolean;
  /** Whether the revocations known are complete as of the start of the silence, or now. */
  readonly isInformed: boolean;
  /** No news of revocations for `silentAfterMs`. */
  readonly isSilent: boolean;
  /** By id; a fleet that is not known is `strict`. */
  outageOf(fleetId: string): OutagePolicy;
  isMachineDisabled(fleetId: string, machineId: string): boolean;
  /**
   * What an opaque token may do, and counts the use. `peer`: the caller's address without its port, by which unknown
   * tokens are limited.
   */
  verdict(token: string, fleet: string | undefined, peer?: string): Promise<TokenVerdict>;
  /** Called after new revocations, or another key set, hold. Returns how to stop. */
  onChange(listener: () => void): () => void;
  tell(event: EdgeEvent): AppendResult;
  /**
   * Once the control plane has taken all that it was told, at the latest after `withinMs`: whether it has. It is not
   * waited for while it is away. What is left stays on disk.
   */
  untilTold(withinMs: number): Promise<boolean>;
  stats(): EdgeStats;
  close(): Promise<void>;
}

export interface EdgeStats {
  readonly isSilent: boolean;
  /** Since the feed's last line; undefined: none since the start. */
  readonly quietMs: number | undefined;
  readonly cursor: number;
  readonly fenceSubjects: number;
  readonly answers: number;
  /** On disk, or due to be. */
  readonly answerCopies: number;
  readonly cache: Readonly<CacheCounts>;
  readonly outbox: OutboxStats;
  /** What it remembers of the audit log. */
  readonly witness: WitnessStats;
}

/** For the log. No secret is in any of them. */
export interface EdgeLogEvents extends OutboxEvents {
  stateCorrupt(part: StatePart): void;
  stateUnwritable(part: StatePart, cause: unknown): void;
  revoked(rows: readonly RevocationRow[]): void;
  /** Signing keys among what was revoked. */
  keysWithdrawn(): void;
  feedBroken(how: FeedBreak, upTo: number): void;
  feedDisconnected(cause: unknown): void;
  silent(isSilent: boolean): void;
  snapshotFailed(what: SnapshotPart["what"], cause: unknown): void;
  /** The audit log is not a continuation of what this edge remembers of it: an alarm, at each look. */
  witnessRefused(alarm: WitnessAlarm, sizes: { readonly remembered: number; readonly offered: number }): void;
  witnessed(size: number): void;
  witnessUnwritable(cause: unknown): void;
}

export interface EdgeOptions {
  readonly plane: "relay" | "router";
  readonly client: ControlClient;
  /** For the disk copies and the outbox; made when it is missing. */
  readonly dir: string;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly log?: Partial<EdgeLogEvents>;
  readonly snapshotIntervalMs?: number;
  readonly outbox?: { readonly bytesMax?: number; readonly queueBytesMax?: number };
}

export const openEdge = async (options: EdgeOptions): Promise<Edge> => {
  const { plane, client, dir, clock = systemClock, random = systemRandom, log = {} } = options;
  const scope = new Scope();
  const listeners = new Set<() => void>();
  const changed = (): void => {
    for (const listener of [...listeners]) listener();
  };
  const state = await openEdgeState(dir, () => `edg_${randomBase62(22, random)}`, {
    corrupt: (part) => log.stateCorrupt?.(part),
    unwritable: (part, cause) => log.stateUnwritable?.(part, cause),
  });
  scope.add(() => state.flush());
  const { fence, edgeId } = state;
  let isInformed = state.cursor !== undefined;

  const outageOf = (fleetId: string): OutagePolicy | undefined =>
    state.fleets?.fleets.find(({ id }) => id === fleetId)?.outage;
  const copies = new AnswerCopies({
    file: state.answersFile,
    clock,
    // Without the revocations that they stand behind, no answer counts.
    epoch: state.cursor === undefined ? undefined : state.epoch,
    events: {
      corrupt: () => log.stateCorrupt?.("answers"),
      unwritable: (cause) => log.stateUnwritable?.("answers", cause),
    },
  });
  await copies.load();
  scope.add(() => copies.close());
  const cache = new IntrospectionCache({
    client,
    fence,
    copies,
    clock,
    need: plane,
    isSilent: () => feed.isSilent,
    outageOf,
  });

  const outbox = openOutbox({
    ...options.outbox,
    dir: join(dir, "outbox"),
    edgeId,
    send: (batch) => client.sendEvents(batch),
    clock,
    random,
    events: log,
  });
  scope.add(() => outbox.close());
  const uses = createUsageCounts({ plane, clock, tell: (event) => outbox.append(event) });
  scope.add(() => uses.close());

  /** The first look at the key set is with the others. */
  let lookAtKeySet = (): void => undefined;
  const save = (): void => {
    if (feed.cursor !== undefined) state.saveRevocations(feed.cursor, clock.wallMs());
  };
  const feed = openRevocationFeed({
    client,
    clock,
    random,
    cursor: state.cursor,
    events: {
      revoked: (rows) => {
        for (const row of rows) fence.apply(row);
        for (const { subjects } of rows) cache.revoked(subjects);
        const isKeyAmong = state.withdrawKeys(rows.flatMap(({ subjects }) => subjects));
        save();
        log.revoked?.(rows);
        changed();
        if (!isKeyAmong) return;
        log.keysWithdrawn?.();
        lookAtKeySet();
      },
      broken: (how, upTo) => {
        if (how === "rewound") fence.clear();
        if (how === "lost") fence.raise(upTo);
        state.epoch += 1;
        save();
        cache.dropAll(how === "rewound" ? 0 : upTo);
        copies.clear(state.epoch);
        log.feedBroken?.(how, upTo);
        changed();
        // A key may have been withdrawn in what was missed.
        lookAtKeySet();
      },
      caughtUp: () => {
        if (isInformed) return;
        isInformed = true;
        save();
      },
      silent: (isSilent) => log.silent?.(isSilent),
      disconnected: (cause) => log.feedDisconnected?.(cause),
    },
  });
  scope.add(() => feed.close());

  const witness = await openCheckpointWitness({
    client,
    file: join(dir, "witness.json"),
    events: {
      refused: (alarm, sizes) => log.witnessRefused?.(alarm, sizes),
      accepted: (size) => log.witnessed?.(size),
      unwritable: (cause) => log.witnessUnwritable?.(cause),
    },
  });

  const polling = pollSnapshots({
    intervalMs: options.snapshotIntervalMs ?? edgeLimits.snapshotIntervalMs,
    clock,
    failed: (what, cause) => log.snapshotFailed?.(what, cause),
    parts: [
      poll("keySet", client.keySet, (text) => {
        state.saveKeySet(text);
        changed();
      }),
      poll("fleets", client.fleets, (fleets) => state.saveFleets(fleets)),
      { what: "checkpoint", look: () => witness.look() },
    ],
  });
  lookAtKeySet = () => polling.lookNow("keySet");
  scope.add(() => polling.close());
  // First of all: what waits for an answer must not hold the rest.
  scope.add(() => client.close());

  return {
    edgeId,
    fence,
    keySet: () => state.keySet,
    isKeyWithdrawn: (keyId) => state.isKeyWithdrawn(keyId),
    get isInformed() {
      return isInformed;
    },
    get isSilent() {
      return feed.isSilent;
    },
    outageOf: (fleetId) => outageOf(fleetId) ?? "strict",
    isMachineDisabled: (fleetId, machineId) => {
      const fleet = state.fleets?.fleets.find(({ id }) => id === fleetId);
      return fleet !== undefined && (fleet.isDisabled || fleet.disabledMachines.includes(machineId));
    },
    verdict: async (token, fleet, peer) => {
      const verdict = await cache.verdict(token, fleet, peer);
      if (verdict.kind === "active") {
        const { tokenId, fleet: reached } = verdict.answer;
        uses.used({ tokenId, fleet: reached.id, isFirst: verdict.isFirstUse });
      }
      return verdict;
    },
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    tell: (event) => outbox.append(event),
    untilTold: (withinMs) => {
      uses.flush();
      return outbox.untilDelivered(feed.isSilent ? 0 : withinMs);
    },
    stats: () => ({
      isSilent: feed.isSilent,
      quietMs: feed.quietMs,
      cursor: feed.cursor ?? 0,
      fenceSubjects: fence.size,
      answers: cache.size,
      answerCopies: copies.size,
      cache: cache.counts,
      outbox: outbox.stats,
      witness: witness.stats,
    }),
    close: () => scope.close(),
  };
};
