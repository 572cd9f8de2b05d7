import { Failure } from "@cmdop/base";
import { z } from "zod";
import { widerLimit, widerScope } from "../../core/keys/narrower.ts";
import { assertVersion, writeOperation } from "../../operation.ts";
import { keyLimitsSchema } from "../../store/edges/router-part.ts";
import { shownName } from "../../store/shown-text.ts";
import { keyParams, keySchema, keyScopes, toKey } from "./key-view.ts";
import { reachKey } from "./reach-key.ts";

export const updateKey = writeOperation({
  id: "updateKey",
  method: "PATCH",
  path: "/v1/fleets/{fleet}/keys/{key}",
  tag: "Keys",
  summary: "Rename a key, or narrow what it may",
  description: "A key is never widened: make another. Somebody else's key needs keys:revoke.",
  access: { kind: "fleet", right: "keys:create" },
  params: keyParams,
  body: z.object({
    name: shownName(100).optional(),
    scopes: keyScopes.optional(),
    limits: keyLimitsSchema.optional().describe("In place of those that it has"),
  }),
  answers: { 200: keySchema },
  handle: async ({ params, body, tx, ifMatch, ...call }) => {
    const { row, isOwn, membership } = await reachKey(tx.db, call, params.key);
    const { fleetId } = membership;
    if (!isOwn) call.authorize("keys:revoke", { fleetId });
    assertVersion(row, ifMatch);
    if (row.revoked_at) throw new Failure("gone", "The key is revoked.");
    const scope = body.scopes && widerScope(body.scopes, row.scopes ?? "*");
    if (scope !== undefined) throw wider("scopes", scope);
    const limit = body.limits && widerLimit(body.limits, keyLimitsSchema.parse(row.limits ?? {}));
    if (limit !== undefined) throw wider("limits", limit);
    const changed = await tx.db
      .updateTable("credentials")
      .set((set) => ({
        ...(body.name === undefined ? {} : { name: body.name }),
        ...(body.scopes ? { scopes: [...body.scopes] } : {}),
        ...(body.limits ? { limits: JSON.stringify(body.limits) } : {}),
        version: set("version", "+", 1),
      }))
      .where("id", "=", row.id)
      .where("version", "=", row.version)
      .returningAll()
      .executeTakeFirst();
    if (!changed) throw new Failure("precondition_failed");
    tx.audit({
      action: "key.update",
      fleet: fleetId,
      target: { kind: "key", id: row.id },
      body: { name: changed.name, scopes: changed.scopes, limits: changed.limits },
    });
    if (body.scopes || body.limits) tx.revoke([row.id], "the key was narrowed");
    tx.publish("keys", row.id, fleetId);
    const { account_name, service_name } = row;
    return {
      status: 200,
      body: toKey({ ...changed, account_name, service_name }, tx.nowMs),
      version: changed.version,
    };
  },
});

const wider = (what: string, which: string): Failure =>
  new Failure("invalid_argument", `A key is never widened (${which}): make another.`, {
    details: { errors: [{ pointer: `/${what}`, detail: `wider than it was: ${which}` }] },
  });
