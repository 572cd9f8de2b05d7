import { fleetRequest } from "../fleet-request.ts";

export const run = fleetRequest({
  confirm: (webhook) => ({
    effect: "This removes the webhook, what waits for it, and its log.",
    question: `Remove ${webhook}, what waits for it, and its log?`,
  }),
  ask: ({ client, fleet, signal }, webhook) =>
    client.DELETE("/v1/fleets/{fleet}/webhooks/{webhook}", { params: { path: { fleet, webhook } }, signal }),
  note: (webhook) => `${webhook} is removed.`,
});
