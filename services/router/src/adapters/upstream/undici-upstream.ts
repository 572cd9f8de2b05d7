// Asks providers over HTTP. Timeouts are the gateway's: undici's own are off, but for the connect.
import { AddressRefused, type AllowedRanges, checkUrl, createGuardedLookup } from "@cmdop/authority";
import { Agent, errors } from "undici";
import type { Upstream, UpstreamReply, UpstreamRequest } from "../../ports.ts";
import { Exchange } from "./exchange.ts";

export interface UndiciUpstreamOptions {
  readonly connectMs: number;
  /** To one origin. */
  readonly connections: number;
  /** For providers that callers bring: what may be dialed beside the public internet. Undefined: anything. */
  readonly allowedRanges?: AllowedRanges;
}

/** Sockets idle for longer are closed by us, before the provider's balancer does it while a request is on its way. */
const keepAliveMs = 4_000;

export interface ClosableUpstream extends Upstream {
  close(): Promise<void>;
}

export const createUndiciUpstream = (options: UndiciUpstreamOptions): ClosableUpstream => {
  const { allowedRanges } = options;
  const agent = new Agent({
    connections: options.connections,
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: keepAliveMs,
    keepAliveMaxTimeout: keepAliveMs,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: {
      timeout: options.connectMs,
      noDelay: true,
      ...(allowedRanges ? { lookup: createGuardedLookup(allowedRanges) } : {}),
    },
  });
  return {
    send: (request) => send(agent, request, allowedRanges),
    close: () => agent.destroy(),
  };
};

const send = async (
  agent: Agent,
  request: UpstreamRequest,
  allowedRanges: AllowedRanges | undefined,
): Promise<UpstreamReply> => {
  const url = new URL(request.baseUrl);
  try {
    if (allowedRanges) checkUrl(url, allowedRanges());
    const exchange = new Exchange(request.signal);
    dispatch(agent, url, { request, exchange });
    const { status, headers } = await exchange.answered;
    return { kind: "response", status, header: (name) => headerOf(headers[name]), body: exchange };
  } catch (error) {
    if (isRefused(error)) return { kind: "failed", phase: "refused" };
    return { kind: "failed", phase: isBeforeSending(error) ? "connect" : "answer" };
  }
};

const dispatch = (
  agent: Agent,
  url: URL,
  { request, exchange }: { readonly request: UpstreamRequest; readonly exchange: Exchange },
): void => {
  try {
    agent.dispatch(
      {
        origin: url.origin,
        path: url.pathname.replace(/\/$/, "") + request.path,
        method: request.method,
        headers: request.headers,
        body: request.body ?? null,
      },
      exchange,
    );
  } catch (error) {
    exchange.failed(error instanceof Error ? error : new Error("the request cannot be sent"));
  }
};

const headerOf = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value;

const isRefused = (error: unknown): boolean =>
  error instanceof AddressRefused || (error instanceof AggregateError && error.errors.some(isRefused));

const connectCodes = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ETIMEDOUT",
]);

const isBeforeSending = (error: unknown): boolean => {
  if (error instanceof errors.ConnectTimeoutError) return true;
  if (error instanceof AggregateError) return error.errors.some(isBeforeSending);
  return error instanceof Error && "code" in error && connectCodes.has(String(error.code));
};
