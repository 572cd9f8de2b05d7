import { fleetRequest } from "../fleet-request.ts";
import { printMachine } from "../output/machine-text.ts";

export const run = fleetRequest({
  confirm: (machine) => ({
    effect: "The machine's key is replaced by a new one, and its link ends for a moment.",
    question: `Have ${machine} replace its key?`,
  }),
  ask: ({ client, fleet, signal }, machine) =>
    client.POST("/v1/fleets/{fleet}/machines/{machine}/rotate-key", {
      params: { path: { fleet, machine } },
      signal,
    }),
  show: printMachine,
});
