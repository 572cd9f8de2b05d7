import { fleetRequest } from "../fleet-request.ts";
import { printMachine } from "../output/machine-text.ts";

export const run = fleetRequest({
  confirm: (machine, target) => ({
    effect: "The machine leaves this fleet, and those who reach it here lose it; its link ends for a moment.",
    question: `Move ${machine} to ${target}, away from those who reach it here?`,
  }),
  ask: ({ client, fleet, signal }, machine, target) =>
    client.POST("/v1/fleets/{fleet}/machines/{machine}/move", {
      params: { path: { fleet, machine } },
      body: { fleet: target },
      signal,
    }),
  show: printMachine,
});
