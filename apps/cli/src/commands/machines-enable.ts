import { fleetRequest } from "../fleet-request.ts";
import { printMachine } from "../output/machine-text.ts";

export const run = fleetRequest({
  ask: ({ client, fleet, signal }, machine) =>
    client.POST("/v1/fleets/{fleet}/machines/{machine}/enable", {
      params: { path: { fleet, machine } },
      signal,
    }),
  show: printMachine,
});
