import { fleetRequest } from "../fleet-request.ts";

export const run = fleetRequest({
  ask: ({ client, fleet, signal }, webhook = "", delivery = "") =>
    client.POST("/v1/fleets/{fleet}/webhooks/{webhook}/deliveries/{delivery}/redeliver", {
      params: { path: { fleet, webhook, delivery } },
      signal,
    }),
  show: ({ print }, delivery) => (print.isJson ? print.json(delivery) : print.line(delivery.id)),
  note: (webhook) => `It is on its way. What came of it: cmdop webhooks deliveries ${webhook}`,
});
