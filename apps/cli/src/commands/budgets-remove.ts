import { chooseNamed } from "../find/choose-named.ts";
import { fleetRequest } from "../fleet-request.ts";

export const run = fleetRequest({
  find: async ({ client, fleet, signal }, wanted) => {
    const { data } = await client.GET("/v1/fleets/{fleet}/budgets", { params: { path: { fleet } }, signal });
    const { id, subject, period } = chooseNamed(data?.items ?? [], wanted, {
      what: "budget",
      list: "budgets list",
      namesOf: ({ subject, subjectId }) => [subjectId || subject],
    });
    return { id, title: `of the ${subject} by ${period} (${id})` };
  },
  confirm: (budget) => ({
    effect: "This takes the budget away: what it limited is limited no more.",
    question: `Remove the budget ${budget}?`,
  }),
  ask: ({ client, fleet, signal }, budget) =>
    client.DELETE("/v1/fleets/{fleet}/budgets/{budget}", { params: { path: { fleet, budget } }, signal }),
  note: (budget) => `The budget ${budget} is removed.`,
});
