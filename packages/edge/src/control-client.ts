import { fetchPinnedAuthority } from "@cmdop/authority";
import { Failure } from "@cmdop/base";
import { Agent, type Dispatcher } from "undici";
import type { z } from "zod";
import {
  type EventBatch,
  type EventReceipt,
  eventReceiptSchema,
  type FleetSnapshot,
  fleetSnapshotSchema,
  type IntrospectAnswer,
  type IntrospectRequest,
  internalPaths,
  introspectAnswerSchema,
  type LatestCheckpoint,
  latestCheckpointSchema,
  logCompactedSchema,
} from "./contract.ts";
import { type FeedLine, readFeedLines } from "./feed-lines.ts";
import { edgeLimits } from "./limits.ts";

/** The control plane's internal API. What cannot be had rejects with `authority_unavailable` or `untrusted_control`. */
export interface ControlClient {
  introspect(request: IntrospectRequest): Promise<IntrospectAnswer>;
  /** Lines as they come, several at a time, until the stream ends, fails or `signal` aborts. */
  revocations(after: number | undefined, signal: AbortSignal): Promise<OpenedFeed>;
  /** The text of a JWKS. */
  keySet(etag: string | undefined): Promise<Snapshot<string>>;
  fleets(etag: string | undefined): Promise<Snapshot<FleetSnapshot>>;
  /** Undefined: nothing was signed yet. */
  checkpoint(from: number | undefined): Promise<LatestCheckpoint | undefined>;
  sendEvents(batch: EventBatch): Promise<EventReceipt>;
  close(): Promise<void>;
}

export type OpenedFeed =
  | { readonly kind: "lines"; readonly lines: AsyncIterable<readonly FeedLine[]> }
  | { readonly kind: "compacted"; readonly head: number; readonly oldest: number };

export type Snapshot<Value> =
  | { readonly kind: "same" }
  | { readonly kind: "new"; readonly value: Value; readonly etag: string | undefined };

export interface ControlClientOptions {
  /** https, without a path. */
  readonly url: string;
  /** `cmdop_edg_…`. */
  readonly token: string;
  /** PEM of the only authority to trust, or its pin; neither: the authorities that the system trusts. */
  readonly caPem?: string | undefined;
  readonly caPin?: string | undefined;
  readonly connectTimeoutMs?: number;
  readonly answerTimeoutMs?: number;
}

const connections = 16;

const unavailable = (cause: unknown): Failure => new Failure("authority_unavailable", undefined, { cause });

/** Builds without I/O: the control plane may be away. */
export const createControlClient = (options: ControlClientOptions): ControlClient => {
  const origin = new URL(options.url).origin;
  const timeouts = {
    connect: options.connectTimeoutMs ?? edgeLimits.connectTimeoutMs,
    answer: options.answerTimeoutMs ?? edgeLimits.answerTimeoutMs,
  };
  let agent: Promise<Agent> | undefined;
  let isClosed = false;

  /** The authority behind a pin is fetched with the first call that reaches the control plane, and kept until it ends. */
  const dial = async (): Promise<Agent> => {
    if (isClosed) throw unavailable("closed");
    agent ??= openAgent(options, timeouts).catch((cause: unknown) => {
      agent = undefined;
      throw cause;
    });
    return agent;
  };

  /** What is under way comes to its end. */
  const forget = (): void => {
    agent?.then((opened) => opened.close()).catch(() => undefined);
    agent = undefined;
  };

  const send = async (
    request: { method: "GET" | "POST"; path: string; body?: unknown; etag?: string | undefined },
    settings: { signal?: AbortSignal; isStream?: boolean } = {},
  ): Promise<Dispatcher.ResponseData> => {
    const headers: Record<string, string> = { authorization: `Bearer ${options.token}` };
    if (request.body !== undefined) headers["content-type"] = "application/json";
    if (request.etag !== undefined) headers["if-none-match"] = request.etag;
    try {
      return await (await dial()).request({
        origin,
        path: request.path,
        method: request.method,
        headers,
        ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
        ...(settings.signal === undefined ? {} : { signal: settings.signal }),
        ...(settings.isStream ? { bodyTimeout: 0 } : {}),
      });
    } catch (cause) {
      if (hasExpired(cause)) forget();
      throw cause instanceof Failure ? cause : unavailable(cause);
    }
  };

  const readText = async (response: Dispatcher.ResponseData): Promise<string> => {
    try {
      const chunks: Buffer[] = [];
      let bytes = 0;
      for await (const chunk of response.body) {
        const piece = Buffer.from(chunk);
        bytes += piece.length;
        if (bytes > edgeLimits.answerBytesMax) throw new Error("the answer is too long");
        chunks.push(piece);
      }
      return Buffer.concat(chunks).toString("utf8");
    } catch (cause) {
      throw unavailable(cause);
    }
  };

  const readJson = async <Schema extends z.ZodType>(
    response: Dispatcher.ResponseData,
    schema: Schema,
    status = 200,
  ): Promise<z.infer<Schema>> => {
    const text = await readText(response);
    // An error's body is theirs and may say anything; only its status is kept.
    if (response.statusCode !== status) throw unavailable(new Error(`answered ${response.statusCode}`));
    try {
      return schema.parse(JSON.parse(text));
    } catch {
      // Without the cause: a schema's error may quote what was sent, and that may be a provider's key.
      throw unavailable(new Error("the answer is not of the contract"));
    }
  };

  const readSnapshot = async <Value>(
    path: string,
    etag: string | undefined,
    read: (response: Dispatcher.ResponseData) => Promise<Value>,
  ): Promise<Snapshot<Value>> => {
    const response = await send({ method: "GET", path, etag });
    if (response.statusCode === 304) {
      await response.body.dump();
      return { kind: "same" };
    }
    const value = await read(response);
    const answered = response.headers.etag;
    return { kind: "new", value, etag: typeof answered === "string" ? answered : undefined };
  };

  return {
    introspect: async (body) =>
      readJson(await send({ method: "POST", path: internalPaths.introspect, body }), introspectAnswerSchema),
    revocations: async (after, signal) => {
      const path = internalPaths.revocations + (after === undefined ? "" : `?after=${after}`);
      const response = await send({ method: "GET", path }, { signal, isStream: true });
      if (response.statusCode === 410) {
        const { head, oldest } = await readJson(response, logCompactedSchema, 410);
        return { kind: "compacted", head, oldest };
      }
      if (response.statusCode !== 200) await readJson(response, logCompactedSchema);
      return { kind: "lines", lines: readFeedLines(response.body) };
    },
    keySet: (etag) =>
      readSnapshot(internalPaths.keySet, etag, async (response) => {
        const text = await readText(response);
        if (response.statusCode !== 200) throw unavailable(new Error(`answered ${response.statusCode}`));
        return text;
      }),
    fleets: (etag) =>
      readSnapshot(internalPaths.fleets, etag, (response) => readJson(response, fleetSnapshotSchema)),
    checkpoint: async (from) => {
      const path = internalPaths.checkpoint + (from === undefined ? "" : `?from=${from}`);
      const response = await send({ method: "GET", path });
      if (response.statusCode !== 404) return readJson(response, latestCheckpointSchema);
      await response.body.dump();
      return undefined;
    },
    sendEvents: async (body) =>
      readJson(await send({ method: "POST", path: internalPaths.events, body }), eventReceiptSchema),
    close: async () => {
      isClosed = true;
      await agent?.then((opened) => opened.destroy()).catch(() => undefined);
    },
  };
};

/** A certificate of the chain: the kept authority may be the one, and a later one of its key be served. */
const hasExpired = (cause: unknown): boolean =>
  cause instanceof Error && "code" in cause && cause.code === "CERT_HAS_EXPIRED";

const openAgent = async (
  options: ControlClientOptions,
  timeouts: { readonly connect: number; readonly answer: number },
): Promise<Agent> => {
  const { hostname, port } = new URL(options.url);
  const host = hostname.replace(/^\[|\]$/g, "");
  let ca = options.caPem;
  if (ca === undefined && options.caPin !== undefined) {
    const target = { host, port: Number(port || 443), pin: options.caPin, timeoutMs: timeouts.connect };
    ca = await fetchPinnedAuthority(target).catch((cause: unknown) => {
      throw cause instanceof Failure && cause.code === "untrusted_relay"
        ? new Failure("untrusted_control", undefined, { cause })
        : unavailable(cause);
    });
  }
  return new Agent({
    connections,
    pipelining: 1,
    allowH2: false,
    headersTimeout: timeouts.answer,
    bodyTimeout: timeouts.answer,
    connect: { timeout: timeouts.connect, noDelay: true, ...(ca === undefined ? {} : { ca }) },
  });
};
