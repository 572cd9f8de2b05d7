// The control plane from a program: every operation of its API by method and path, typed from its document.
import { Failure, isFailureCode } from "@cmdop/base";
import createOpenApiClient, { type Client as OpenApiClient } from "openapi-fetch";
import type { components, paths } from "../generated/control-api.ts";
import { parseControlUrl, toUnreachable } from "./control-address.ts";
import { createPinnedFetch } from "./pinned-fetch.ts";

/** The shapes of the API by name: `ControlSchemas["Fleet"]`. */
export type ControlSchemas = components["schemas"];

export interface ControlClientOptions {
  /** `https://control.example.org:63141`; plain http to this machine alone. */
  readonly url: string;
  /** `cmdop_cli_…`, `cmdop_api_…` or `cmdop_svc_…`; absent: only what is open to anybody. */
  readonly token?: string | undefined;
  /** `sha256:…` of the control plane's authority; absent: the system's authorities. */
  readonly caPin?: string | undefined;
  /** How the program names itself. */
  readonly userAgent?: string;
  readonly timeoutMs?: number;
}

/**
 * `client.GET("/v1/fleets/{fleet}", { params: { path: { fleet: "default" } } })` resolves with `{ data, response }`.
 * A refusal rejects with a Failure: its code, its text, and `details` as the problem document has them.
 */
export type ControlClient = OpenApiClient<paths>;

const timeoutMsDefault = 30_000;

export const createControlClient = (options: ControlClientOptions): ControlClient => {
  const { protocol, origin } = parseControlUrl(options.url);
  const send = protocol === "https:" && options.caPin ? createPinnedFetch(options.caPin) : undefined;
  const client = createOpenApiClient<paths>({
    baseUrl: origin,
    ...(send ? { fetch: send } : {}),
    headers: {
      ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
      ...(options.userAgent === undefined ? {} : { "user-agent": options.userAgent }),
    },
  });
  client.use({
    onRequest: ({ request, options: { parseAs } }) => {
      // A stream takes as long as it takes; the caller's signal ends it.
      if (parseAs === "stream") return undefined;
      const timeout = AbortSignal.timeout(options.timeoutMs ?? timeoutMsDefault);
      return new Request(request, { signal: AbortSignal.any([request.signal, timeout]) });
    },
    onResponse: async ({ response }) => {
      if (!response.ok) throw await toProblemFailure(response);
      return undefined;
    },
    onError: ({ error }) => toConnectFailure(error, origin),
  });
  return client;
};

/** RFC 9457: code and text are the failure's, the rest is its details. */
const toProblemFailure = async (response: Response): Promise<Failure> => {
  const text = await response.text();
  let problem: Record<string, unknown>;
  try {
    problem = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return new Failure("unavailable", `What answers there is no control plane (HTTP ${response.status}).`);
  }
  const {
    code,
    detail,
    type: _type,
    title: _title,
    status: _status,
    retryable: _retryable,
    ...rest
  } = problem;
  const retryAfterS = Number(response.headers.get("retry-after"));
  return new Failure(
    typeof code === "string" && isFailureCode(code) ? code : "internal",
    typeof detail === "string" ? detail : undefined,
    {
      details: rest,
      ...(retryAfterS > 0 ? { retryAfterMs: retryAfterS * 1000 } : {}),
    },
  );
};

const toConnectFailure = (error: unknown, origin: string): Error => {
  if (error instanceof Failure) return error;
  if (error instanceof Error && error.name === "TimeoutError") {
    return new Failure("timed_out", "The control plane did not answer in time.", { cause: error });
  }
  if (error instanceof Error && error.name === "AbortError") return new Failure("cancelled");
  return toUnreachable(error, origin);
};

/** Every item of a list, page after page: `readAll((page) => client.GET("/v1/fleets", { params: { query: page } }))`. */
export const readAll = async <Item>(
  read: (page: {
    readonly cursor?: string;
  }) => Promise<{ readonly data?: { readonly items: readonly Item[]; readonly nextCursor: string | null } }>,
): Promise<Item[]> => {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const { data } = await read(cursor === undefined ? {} : { cursor });
    items.push(...(data?.items ?? []));
    cursor = data?.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return items;
};
