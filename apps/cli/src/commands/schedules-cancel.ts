import { fleetRequest } from "../fleet-request.ts";
import { printRun } from "../output/schedule-text.ts";

export const run = fleetRequest({
  ask: ({ client, fleet, signal }, run) =>
    client.POST("/v1/fleets/{fleet}/runs/{run}/cancel", { params: { path: { fleet, run } }, signal }),
  show: printRun,
});
