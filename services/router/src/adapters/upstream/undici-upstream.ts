// Asks providers over HTTP. Timeouts are the gateway's: undici's own are off, but for the connect.
import { AddressRefused, type AllowedRanges, checkUrl, createGuardedLookup } from "@cmdop/authority";
import { Agent, errors } from "undici";
import type { Shapes, Upstream, UpstreamReply, UpstreamRequest } from "../../ports.ts";
import { Exchange } from "./exchange.ts";

export interface UndiciUpstreamOptions {
  readonly connectMs: number;
  /** To one origin. */
  readonly connections: number;
  readonly shapes: Shapes;
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
  const urls = new UrlMemory();
  return {
    send: (request) => send({ agent, urls, allowedRanges, shapes: options.shapes }, request),
    close: () => agent.destroy(),
  };
};

interface Base {
  readonly url: URL;
  readonly origin: string;
  /** Without a slash at its end. */
  readonly path: string;
}

/** Addresses as they were read: there are few, and each is asked again and again. */
class UrlMemory {
  readonly #known = new Map<string, Base>();

  of(baseUrl: string): Base {
    const known = this.#known.get(baseUrl);
    if (known) return known;
    const url = new URL(baseUrl);
    const base = { url, origin: url.origin, path: url.pathname.replace(/\/$/, "") };
    // Callers bring addresses too.
    if (this.#known.size >= urlsMax) this.#known.clear();
    this.#known.set(baseUrl, base);
    return base;
  }
}

const urlsMax = 256;

interface Way {
  readonly agent: Agent;
  readonly urls: UrlMemory;
  readonly allowedRanges: AllowedRanges | undefined;
  readonly shapes: Shapes;
}

const send = async (
  { agent, urls, allowedRanges, shapes }: Way,
  request: UpstreamRequest,
): Promise<UpstreamReply> => {
  const base = urls.of(request.baseUrl);
  try {
    if (allowedRanges) checkUrl(base.url, allowedRanges());
    const exchange = new Exchange(request.signal);
    // With its controller: undici's request, and the connection.
    shapes.keep("upstream", exchange);
    dispatch(agent, base, { request, exchange });
    const { status, headers } = await exchange.answered;
    return { kind: "response", status, header: (name) => headerOf(headers[name]), body: exchange };
  } catch (error) {
    if (isRefused(error)) return { kind: "failed", phase: "refused" };
    return { kind: "failed", phase: isBeforeSending(error) ? "connect" : "answer" };
  }
};

const dispatch = (
  agent: Agent,
  base: Base,
  { request, exchange }: { readonly request: UpstreamRequest; readonly exchange: Exchange },
): void => {
  try {
    agent.dispatch(
      {
        origin: base.origin,
        path: base.path + request.path,
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
