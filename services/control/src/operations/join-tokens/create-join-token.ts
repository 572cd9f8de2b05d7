import { requireMembership, writeOperation } from "../../operation.ts";
import { fleetParams } from "../../store/membership/fleet-params.ts";
import { addJoinToken } from "./add-join-token.ts";
import { joinTokenBodySchema, newJoinTokenSchema } from "./join-token-view.ts";

export const createJoinToken = writeOperation({
  id: "createJoinToken",
  method: "POST",
  path: "/v1/fleets/{fleet}/join-tokens",
  tag: "Machines",
  summary: "Make a token with which machines join the fleet",
  description: "The join string holds the token, and the hash of this server's key: it is shown once.",
  access: { kind: "fleet", right: "machines:join" },
  hasSecret: true,
  params: fleetParams,
  body: joinTokenBodySchema,
  answers: { 201: newJoinTokenSchema },
  handle: ({ body, tx, services, ...call }) =>
    addJoinToken(tx, services, requireMembership(call).fleetId, body),
});
