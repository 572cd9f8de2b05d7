import { fleetRequest } from "../fleet-request.ts";
import { printRun } from "../output/schedule-text.ts";

export const run = fleetRequest({
  ask: ({ client, fleet, signal }, schedule) =>
    client.POST("/v1/fleets/{fleet}/schedules/{schedule}/run", {
      params: { path: { fleet, schedule } },
      signal,
    }),
  show: printRun,
});
