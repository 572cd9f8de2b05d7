import { fleetRequest } from "../fleet-request.ts";
import { printSchedule } from "../output/schedule-text.ts";

export const run = fleetRequest({
  ask: ({ client, fleet, signal }, schedule) =>
    client.GET("/v1/fleets/{fleet}/schedules/{schedule}", { params: { path: { fleet, schedule } }, signal }),
  show: printSchedule,
});
