import { fleetRequest } from "../fleet-request.ts";

export const run = fleetRequest({
  confirm: (budget) => ({
    effect: "This takes the budget away: what it limited is limited no more.",
    question: `Remove the budget ${budget}?`,
  }),
  ask: ({ client, fleet, signal }, budget) =>
    client.DELETE("/v1/fleets/{fleet}/budgets/{budget}", { params: { path: { fleet, budget } }, signal }),
  note: (budget) => `${budget} is removed.`,
});
