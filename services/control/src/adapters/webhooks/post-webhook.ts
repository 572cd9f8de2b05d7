// Posts one delivery. The address is judged where it is dialed, follows no redirect, and nothing of the answer is read.
import { createHmac } from "node:crypto";
import { AddressRefused, type AllowedRanges, checkUrl, createGuardedLookup } from "@cmdop/authority";
import { Agent } from "undici";
import type { WebhookPost } from "../../ports.ts";

export interface WebhookPoster {
  readonly post: WebhookPost;
  close(): Promise<void>;
}

/** The signature covers the time, so that an old delivery cannot be sent again by somebody else as a new one. */
const signatureOf = (secret: string, timestampS: number, body: string): string =>
  `sha256=${createHmac("sha256", secret).update(`${timestampS}.${body}`).digest("hex")}`;

export const createWebhookPoster = (options: {
  readonly allowedRanges: AllowedRanges;
  readonly timeoutMs: number;
  readonly inFlightMax: number;
}): WebhookPoster => {
  const { allowedRanges, timeoutMs } = options;
  const agent = new Agent({
    // To one origin: more than are ever under way, since many webhooks may share one.
    connections: options.inFlightMax,
    pipelining: 1,
    allowH2: false,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connect: { timeout: timeoutMs, lookup: createGuardedLookup(allowedRanges) },
  });
  return {
    post: async ({ url, id, body, secret, timestampS, signal }) => {
      try {
        const target = new URL(url);
        checkUrl(target, allowedRanges());
        const response = await agent.request({
          origin: target.origin,
          path: target.pathname + target.search,
          method: "POST",
          headers: {
            "content-type": "application/json",
            "user-agent": "cmdop-webhook",
            "x-cmdop-delivery": id,
            "x-cmdop-timestamp": String(timestampS),
            "x-cmdop-signature": signatureOf(secret, timestampS, body),
          },
          body,
          signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
        });
        response.body.on("error", () => undefined);
        response.body.destroy();
        return { kind: "answered", status: response.statusCode };
      } catch (error) {
        return { kind: "failed", error: describe(error) };
      }
    },
    close: () => agent.destroy(),
  };
};

const isRefused = (error: unknown): boolean =>
  error instanceof AddressRefused || (error instanceof AggregateError && error.errors.some(isRefused));

/** Says little on purpose: what a connection met inside our network is not for whoever named the address. */
const describe = (error: unknown): string => {
  if (isRefused(error)) return "the address is refused";
  if (error instanceof Error && (error.name === "TimeoutError" || /timeout/i.test(error.name))) {
    return "no answer in time";
  }
  return "no connection";
};
