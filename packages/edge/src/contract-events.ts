import { latestWallMs } from "@cmdop/base";
import { z } from "zod";

// What relay and router tell the control plane, one event each. Never a byte of a session's output or input, never
// its title (a program on the screen wrote it), never an argument of its command line, never a prompt or an answer.
//
// `fleet` is the fleet's id. `atMs` is the edge's wall clock when it happened.

const id = z.string().min(1).max(128);
const label = z.string().max(256);
const count = z.int().min(0);
/** Of one request. Beyond any that there is; a day's sums stay within what the database counts to. */
const settled = count.max(1_000_000_000_000);
const timeMs = z.int().min(0).max(latestWallMs);

/** What a machine may list in one event; a host holds a quarter of it. */
export const machineSessionsMax = 2_000;

/** Who did it, as the edge knows it from the credential. */
const partySchema = z.object({
  /** As others saw it. */
  name: z.string().max(128),
  actor: z.enum(["human", "ai", "program"]),
  /** Null: a credential of the relay itself (`cmdop token mint`). */
  accountId: id.nullable(),
  /** The token, or for a ticket the token that it was issued for. */
  tokenId: id.nullable(),
});
export type EventParty = z.infer<typeof partySchema>;

/**
 * A session as it stands after the change: each event carries the whole, so that a lost one is healed by the next.
 * `version` grows with every event of a session, over restarts of the relay and from relay to relay too; the
 * catalogue keeps the highest (`… WHERE version < $new`) and adds the attachment rows of every one.
 */
export const sessionEventSchema = z.object({
  kind: z.literal("session"),
  change: z.enum(["opened", "attached", "detached", "ended", "updated"]),
  atMs: timeMs,
  fleet: id,
  sessionId: id,
  version: z.int().min(1),
  machineId: id,
  session: z.object({
    kind: z.enum(["terminal", "command"]),
    name: label,
    /** First word of the command line; empty: the machine's shell. */
    program: label,
    createdAtMs: timeMs,
    /** The name that its machine keeps. */
    openedBy: z.string().max(128),
    /** `lost`: its machine is away. */
    state: z.enum(["live", "lost", "ended"]),
    /** Bytes of output so far; of input that this relay forwarded. */
    outputBytes: count,
    inputBytes: count,
    attachments: count,
    exit: z
      .object({
        code: z.int().nullable(),
        signal: z.string().max(32),
        reason: z.enum(["exited", "signaled", "timeout", "closed", "idle", "lost", "failed"]),
        atMs: timeMs,
      })
      .nullable(),
  }),
  /**
   * The session's output as its machine keeps it: read through a relay, never copied to one. A relay of before does not
   * say it.
   */
  recording: z
    .discriminatedUnion("state", [
      z.object({
        state: z.literal("kept"),
        /** Offsets of the output that can be read: [from, to). */
        from: count,
        to: count,
        /** Of an ended one: when the machine lets it go at the latest. Null: while it is live, or not known. */
        untilMs: timeMs.nullable(),
      }),
      z.object({
        state: z.literal("gone"),
        /** When the relay learned of it. */
        atMs: timeMs,
      }),
    ])
    .optional(),
  /** With `opened`: who asked for it; null when its machine reported it. */
  by: partySchema.nullable(),
  /** With `attached` and `detached`. */
  attachment: z
    .object({
      id,
      by: partySchema,
      role: z.enum(["operator", "observer"]),
      attachedAtMs: timeMs,
      /** Null while attached. */
      detachedAtMs: timeMs.nullable(),
      /** A code of the failure table, or "closed". */
      reason: z.string().max(64),
      /** Bytes of output that it was sent. */
      outputBytes: count,
    })
    .nullable(),
});
export type SessionEvent = z.infer<typeof sessionEventSchema>;

export const machineEventSchema = z.object({
  kind: z.literal("machine"),
  change: z.enum(["online", "offline"]),
  atMs: timeMs,
  fleet: id,
  machineId: id,
  name: label,
  /** Why it went: goodbye, lost, or a code of the failure table. Empty: online. */
  reason: z.string().max(64),
  /** With `online`, when its link has just come up: every session that it holds. What is not here is gone. */
  sessionIds: z.array(id).max(machineSessionsMax).optional(),
  /** With `online`. */
  facts: z
    .object({
      hostname: label,
      platform: label,
      arch: label,
      osVersion: label,
      agentVersion: label,
      username: label,
      isRoot: z.boolean(),
      shell: label,
      cpus: count,
      cpuModel: label,
      memoryBytes: count,
    })
    .nullable(),
});
export type MachineEvent = z.infer<typeof machineEventSchema>;

/** Refusals at the edge, of one kind and one peer, gathered. */
export const denialEventSchema = z.object({
  kind: z.literal("denial"),
  atMs: timeMs,
  /** What was asked for, such as "attach", "link" or a method's name. */
  what: z.string().max(64),
  /** Of the failure table. */
  code: z.string().max(64),
  /** Address without port. */
  peer: z.string().max(64),
  count: z.int().min(1),
});
export type DenialEvent = z.infer<typeof denialEventSchema>;

export const tokenUseEventSchema = z.object({
  kind: z.literal("token_use"),
  /** Of the last use. */
  atMs: timeMs,
  tokenId: id,
  fleet: id,
  count: z.int().min(1),
  plane: z.enum(["relay", "router"]),
});
export type TokenUseEvent = z.infer<typeof tokenUseEventSchema>;

/** One request to the router, settled once. */
export const usageEventSchema = z.object({
  kind: z.literal("usage"),
  atMs: timeMs,
  /** Unique: the same settlement twice counts once. */
  requestId: id,
  fleet: id,
  tokenId: id,
  accountId: id.nullable(),
  machineId: id.nullable(),
  endpoint: label,
  requestedModel: label.nullable(),
  model: label.nullable(),
  provider: label.nullable(),
  inputTokens: settled,
  outputTokens: settled,
  cachedInputTokens: settled,
  reasoningTokens: settled,
  searches: settled,
  /** Millionths of a US dollar; null: the price is not known. */
  costMicros: settled.nullable(),
  isEstimated: z.boolean(),
  end: z.enum(["finished", "failed", "aborted"]),
  attempts: count,
  durationMs: count,
});
export type UsageSettlement = z.infer<typeof usageEventSchema>;

/**
 * A relay's process began. Machines that it had are gone, until it names them again: `online` is told for each link, and
 * once more for each when the control plane was not heard for long.
 */
export const edgeStartedEventSchema = z.object({
  kind: z.literal("edge"),
  change: z.literal("started"),
  atMs: timeMs,
});
export type EdgeStartedEvent = z.infer<typeof edgeStartedEventSchema>;

/** Events that the outbox could not hold, at its bound or on a broken disk. */
export const lostEventSchema = z.object({
  kind: z.literal("lost"),
  atMs: timeMs,
  count: z.int().min(1),
  reason: z.enum(["full", "disk", "corrupt"]),
});
export type LostEvent = z.infer<typeof lostEventSchema>;

export const edgeEventSchema = z.discriminatedUnion("kind", [
  sessionEventSchema,
  machineEventSchema,
  denialEventSchema,
  tokenUseEventSchema,
  usageEventSchema,
  edgeStartedEventSchema,
  lostEventSchema,
]);
export type EdgeEvent = z.infer<typeof edgeEventSchema>;
