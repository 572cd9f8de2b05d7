import { fleetRequest } from "../fleet-request.ts";
import { printKey } from "../output/key-text.ts";

export const run = fleetRequest({
  ask: ({ client, fleet, signal }, key) =>
    client.GET("/v1/fleets/{fleet}/keys/{key}", { params: { path: { fleet, key } }, signal }),
  show: printKey,
});
