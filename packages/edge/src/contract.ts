import { opaqueTokenKinds } from "@cmdop/authority";
import { z } from "zod";
import { edgeEventSchema } from "./contract-events.ts";

// The control plane's /internal/v1, as relay and router ask it: HTTP over TLS on a listener of its own, with
// `authorization: Bearer cmdop_edg_…`. Bodies are JSON; errors are RFC 9457 problems whose `code` stands in the
// failure table. Unknown fields are ignored on both sides, so that either may be newer. All times are milliseconds
// since 1970 (`…AtMs`, `nowMs`) or durations (`…ForMs`, `limitMs`). No secret ever stands in a URL.
//
// Sequence numbers. Every revocation has one, in the order of commits; they need not be contiguous. `revSeq` of an
// answer is the newest revocation that the answer's own snapshot saw. An edge that has seen a newer revocation for
// one of the answer's subjects throws the answer away and asks again: that closes the race between an answer in
// flight and a revocation.

export const internalPaths = {
  /** POST IntrospectRequest → 200 IntrospectAnswer, for known and unknown tokens alike. */
  introspect: "/internal/v1/introspect",
  /**
   * GET ?after=SEQ → 200 application/x-ndjson, one RevocationLine a line, for ever: everything after SEQ, then what
   * comes; without `after`, everything that is kept. 410 LogCompacted when something after SEQ is not kept any more.
   */
  revocations: "/internal/v1/revocations",
  /**
   * GET → 200 JWKS with ETag, 304 for If-None-Match: Ed25519 keys with `kid`; the next key 24 h before its first use.
   * Its member `withdrawn` names keys that are never to be taken again; when one is withdrawn, a revocation names it too.
   */
  keySet: "/internal/v1/keyset",
  /** GET → 200 FleetSnapshot with ETag, 304 for If-None-Match. */
  fleets: "/internal/v1/fleets",
  /** GET ?from=SIZE → 200 LatestCheckpoint, 404 when nothing was signed yet. */
  checkpoint: "/internal/v1/checkpoints/latest",
  /** POST EventBatch → 200 EventReceipt, after the commit. */
  events: "/internal/v1/events",
} as const;

/** The control plane's port for edges, beside its public one. */
export const internalPortDefault = 63_151;

/** What both sides hold to. */
export const internalLimits = {
  /** A heartbeat each second, whatever else is sent. */
  heartbeatMs: 1_000,
  /** The feed counts as silent after this long without a line. */
  silentAfterMs: 3_000,
  freshForMs: 30_000,
  usableForMs: 15 * 60_000,
  negativeForMs: 5_000,
  /** The control plane keeps revocations at least this long: more than any token lives that is verified offline. */
  revocationsKeptMs: 48 * 3_600_000,
  /** What one revocation names. A control plane makes several of more than that. */
  revocationSubjects: 64,
  eventsPerBatch: 500,
  eventBatchBytes: 1024 * 1024,
  eventBytes: 64 * 1024,
  /** Names of withdrawn keys in a key set, the newest first. */
  withdrawnKeysMax: 1_000,
  /** Machines that one answer may list. */
  machinesListed: 10_000,
} as const;

const id = z.string().min(1).max(128);
const name = z.string().min(1).max(256);
const count = z.int().min(0);
const sequence = z.int().min(0);
const timeMs = z.int().min(0);
const durationMs = z.int().min(0);

/**
 * What a revocation may name: a token's id, an account, a membership, a fleet, a machine, a `jti`, a `kid`; with the
 * machine that it has left its fleet (`left:FLEET:MACHINE`), for a relay that would still find it by name; or the
 * providers that a router is told of (they changed: nothing that is live ends by it).
 */
const subject = z.string().min(1).max(128);

export const outagePolicySchema = z.enum(["best_effort", "strict"]);
export type OutagePolicy = z.infer<typeof outagePolicySchema>;

// Introspection

export const introspectRequestSchema = z.object({
  token: z.string().max(128),
  /** The fleet that the caller means, by id or slug; without it, the only one that the token reaches. */
  fleet: z.string().min(1).max(128).optional(),
  need: z.enum(["relay", "router"]),
});
export type IntrospectRequest = z.infer<typeof introspectRequestSchema>;

/** What the token may do at a relay. */
const relayPartSchema = z.object({
  role: z.enum(["operator", "observer"]),
  actor: z.enum(["human", "ai", "program"]),
  /** Ids of the machines that it reaches in `role`; "*": every machine of the fleet. */
  machines: z.union([z.literal("*"), z.array(id).max(internalLimits.machinesListed)]),
  /** Machines that it may observe only, whatever `role` and `machines` say. They need not stand in `machines`. */
  observedMachines: z.array(id).max(internalLimits.machinesListed),
});
export type RelayPart = z.infer<typeof relayPartSchema>;

const budgetSchema = z.object({
  /** As it stands in lists. */
  id: id.optional(),
  /** Whose budget it is. */
  of: z.enum(["key", "member", "machine", "fleet"]),
  /** Millionths of a US dollar. */
  limitMicros: count,
  spentMicros: count,
  period: z.enum(["day", "month", "total"]).optional(),
  /** Null: it does not start again. */
  resetsAtMs: timeMs.nullable(),
  /** True: over it, requests are refused. False: alerts alone. */
  isHard: z.boolean(),
});

/** As the provider calls it, with what its owner says of it. */
const ownModelSchema = z.object({
  id: z.string().regex(/^[!-~]{1,256}$/),
  /** Names that a router does not know say nothing to it. */
  capabilities: z.array(z.string().max(64)).max(64),
  contextTokens: z.int().min(1).nullable(),
  /** US dollars for a million tokens. */
  price: z.object({ input: z.number().min(0), output: z.number().min(0) }).nullable(),
});
export type OwnModel = z.infer<typeof ownModelSchema>;

/** A provider of models or of web search that the caller's fleet or account brought. Its keys are in clear: they are for the router alone. */
const ownProviderSchema = z.object({
  /** `name/model` reaches it; searches are made with the first of theirs. */
  name: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/),
  /** Whose it is; absent where an older control plane does not say. */
  owner: z.enum(["account", "fleet", "installation"]).optional(),
  kind: z.enum(["openai", "openrouter", "serper", "searxng"]),
  /** Null: the kind's own address; `searxng` has none. */
  baseUrl: z.url().max(2048).nullable(),
  keys: z.array(z.string().min(1).max(4096)).max(64),
  headers: z.record(z.string().max(128), z.string().max(4096)),
  /** All that it may be asked for; null: any model that it takes. */
  models: z.array(ownModelSchema).max(256).nullable().optional(),
});
export type OwnProvider = z.infer<typeof ownProviderSchema>;

/** What the token may do at the router. */
const routerPartSchema = z.object({
  /** Models and aliases; "*": all. An empty list: none. */
  models: z.union([z.literal("*"), z.array(z.string().min(1).max(256)).max(1024)]),
  /** Null: without a bound. */
  limits: z.object({
    requestsPerMinute: count.nullable(),
    tokensPerMinute: count.nullable(),
    concurrent: count.nullable(),
    /** Of one request's body. */
    requestBytes: count.nullable().optional(),
  }),
  budgets: z.array(budgetSchema).max(16),
  // 32 of the account, 64 of the fleet and 64 of the installation.
  providers: z.array(ownProviderSchema).max(160),
});
export type RouterPart = z.infer<typeof routerPartSchema>;

export const activeAnswerSchema = z.object({
  active: z.literal(true),
  /** Who acts. `name` is shown to others. */
  subject: z.object({ kind: z.enum(["account", "service"]), id, name }),
  tokenId: id,
  kind: z.enum(opaqueTokenKinds),
  /** First 16 hexadecimal digits of the token's SHA-256. */
  fingerprint: z.string().regex(/^[0-9a-f]{16}$/),
  fleet: z.object({ id, slug: id, outage: outagePolicySchema }),
  /** Everything by which this answer can be revoked, the token's id among it. */
  revocationSubjects: z.array(subject).min(1).max(32),
  /** `resource:action`, sorted. */
  rights: z.array(z.string().min(1).max(64)).max(256),
  /** Set when need=relay. */
  relay: relayPartSchema.optional(),
  /** Set when need=router. */
  router: routerPartSchema.optional(),
  /** When the token expires; null: never. */
  notAfterMs: timeMs.nullable(),
  /** How long a live stream may last that was opened with it; null: no limit. */
  limitMs: z.int().min(1000).nullable(),
  /** How long the answer is used without asking again. */
  freshForMs: durationMs,
  /** How long it may be used while the control plane cannot be asked ("outage grace"). */
  usableForMs: durationMs,
  revSeq: sequence,
});
export type ActiveAnswer = z.infer<typeof activeAnswerSchema>;

export const inactiveAnswerSchema = z.object({
  active: z.literal(false),
  /**
   * `forbidden`: the token is good and does not reach this fleet, or not this plane. `fleet_required`: it reaches
   * several fleets and the request named none.
   */
  code: z.enum(["unknown", "expired", "revoked", "forbidden", "fleet_required"]),
  revSeq: sequence,
});
export type InactiveAnswer = z.infer<typeof inactiveAnswerSchema>;

export const introspectAnswerSchema = z.discriminatedUnion("active", [
  activeAnswerSchema,
  inactiveAnswerSchema,
]);
export type IntrospectAnswer = z.infer<typeof introspectAnswerSchema>;

// Revocations

export const revocationSchema = z.object({
  seq: sequence,
  /** The revocation before this one; 0: there is none. An edge whose cursor is another has missed something. */
  previousSeq: sequence,
  // More than is made now: a row of an earlier control plane that named more ends no feed.
  subjects: z
    .array(subject)
    .min(1)
    .max(16 * internalLimits.revocationSubjects),
  /** Shown to whom it hits; never a secret. */
  reason: z.string().max(256),
  atMs: timeMs,
});
export type RevocationRow = z.infer<typeof revocationSchema>;

/** First sent when everything kept has been replayed, then each second. */
export const heartbeatSchema = z.object({
  /** The newest revocation; it and all before it were sent on this stream (or lie before its `after`). 0: none. */
  head: sequence,
  nowMs: timeMs,
});
export type FeedHeartbeat = z.infer<typeof heartbeatSchema>;

export const revocationLineSchema = z.union([revocationSchema, heartbeatSchema]);

/** The body of 410, a problem with two more members. */
export const logCompactedSchema = z.object({
  code: z.literal("log_compacted"),
  head: sequence,
  /** The smallest SEQ that `after` may name. */
  oldest: sequence,
});

// Snapshots

/** What stands beside the keys of a key set. */
export const withdrawnKeysSchema = z.object({
  withdrawn: z.array(id).max(internalLimits.withdrawnKeysMax).default([]),
});

export const fleetSnapshotSchema = z.object({
  revSeq: sequence,
  atMs: timeMs,
  fleets: z
    .array(
      z.object({
        id,
        slug: id,
        outage: outagePolicySchema,
        isDisabled: z.boolean(),
        /** Their links are refused. */
        disabledMachines: z.array(id).max(internalLimits.machinesListed),
      }),
    )
    .max(10_000),
});
export type FleetSnapshot = z.infer<typeof fleetSnapshotSchema>;

export const latestCheckpointSchema = z.object({
  /** A C2SP signed note with a tlog-checkpoint body. */
  checkpoint: z.string().min(1).max(8192),
  /** RFC 9162 2.1.4: from the tree of `from` leaves to this one, base64; empty when `from` is absent, 0 or the same. */
  proof: z.array(z.string().max(64)).max(128),
  /** The note's verifier key (C2SP `name+hash+key`): the witness keeps the first that it saw. */
  verifierKey: z.string().min(1).max(512),
});
export type LatestCheckpoint = z.infer<typeof latestCheckpointSchema>;

// Events

/**
 * Numbered 1, 2, 3… within a stream, without a hole inside a batch. The control plane keeps the highest number it
 * took of each (edge, stream) in the transaction that takes the events, and skips what it has: sending twice changes
 * nothing. When `first` lies above what it expects (it was restored from a backup), it takes the batch and notes the
 * hole. An event that it cannot read is skipped, counted and named in the receipt: it never stops those behind it.
 */
export const eventBatchSchema = z.object({
  /** Id of the relay or router, stable over its restarts. */
  edge: id,
  /** Made at random with the outbox; another one when the outbox's disk was lost. */
  stream: z.string().regex(/^[0-9A-Za-z]{22}$/),
  first: z.int().min(1),
  events: z.array(z.unknown()).min(1).max(internalLimits.eventsPerBatch),
});
export type EventBatch = z.infer<typeof eventBatchSchema>;

export const eventReceiptSchema = z.object({
  /** Everything up to this number is durable. */
  acked: z.int().min(0),
  /** Numbers of the events that could not be read. */
  refused: z.array(z.int().min(1)).max(internalLimits.eventsPerBatch),
});
export type EventReceipt = z.infer<typeof eventReceiptSchema>;

/** What stands in `EventBatch.events`, one by one. */
export const parseEdgeEvent = (value: unknown): z.infer<typeof edgeEventSchema> | undefined =>
  edgeEventSchema.safeParse(value).data;
