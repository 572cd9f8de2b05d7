import { fleetRequest } from "../fleet-request.ts";
import { printMachine } from "../output/machine-text.ts";

export const run = fleetRequest({
  ask: ({ client, fleet, signal }, machine) =>
    client.GET("/v1/fleets/{fleet}/machines/{machine}", { params: { path: { fleet, machine } }, signal }),
  show: printMachine,
});
