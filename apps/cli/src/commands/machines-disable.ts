import { fleetRequest } from "../fleet-request.ts";
import { printMachine } from "../output/machine-text.ts";

export const run = fleetRequest({
  confirm: (machine) => ({
    effect: "This shuts the machine out until it is enabled; what runs on it runs on.",
    question: `Shut ${machine} out?`,
  }),
  ask: ({ client, fleet, signal }, machine) =>
    client.POST("/v1/fleets/{fleet}/machines/{machine}/disable", {
      params: { path: { fleet, machine } },
      signal,
    }),
  show: printMachine,
});
