import type { ExpressionBuilder } from "kysely";
import { z } from "zod";
import { readOperation, requireMembership, requirePrincipal } from "../../operation.ts";
import { keyRows } from "../../store/keys/keys.ts";
import { fleetParams } from "../../store/membership/fleet-params.ts";
import { pageOf, pageQuery, toPage } from "../../store/pages.ts";
import type { Schema } from "../../store/schema.ts";
import { keyParams, keySchema, toKey } from "./key-view.ts";
import { may, reachKey } from "./reach-key.ts";

const list = "keys";

export const listKeys = readOperation({
  id: "listKeys",
  method: "GET",
  path: "/v1/fleets/{fleet}/keys",
  tag: "Keys",
  summary: "Keys: yours, and with keys:read everybody's",
  access: { kind: "fleet", right: "fleet:read" },
  params: fleetParams,
  query: z.object({
    ...pageQuery,
    bearer: z.string().max(64).optional().describe("An account's or service account's id"),
    fingerprint: z
      .string()
      .regex(/^[0-9a-f]{16}$/)
      .optional(),
    state: z.enum(["live", "any"]).default("any"),
  }),
  answers: { 200: pageOf(keySchema) },
  handle: async ({ db, query, services, ...call }) => {
    const principal = requirePrincipal(call);
    const { fleetId } = requireMembership(call);
    const marks = services.pageMarks;
    const nowMs = services.clock.wallMs();
    const [after] = query.cursor === undefined ? [] : marks.open(list, query.cursor);
    let rows = keyRows(db)
      .where("credentials.fleet_id", "=", fleetId)
      .orderBy("credentials.id")
      .limit(query.limit + 1);
    if (after !== undefined) rows = rows.where("credentials.id", ">", String(after));
    if (!may({ ...call, services }, "keys:read")) rows = rows.where(bearerIs(principal.id));
    if (query.bearer !== undefined) rows = rows.where(bearerIs(query.bearer));
    if (query.fingerprint !== undefined) rows = rows.where("credentials.fingerprint", "=", query.fingerprint);
    if (query.state === "live") {
      rows = rows
        .where("credentials.revoked_at", "is", null)
        .where("credentials.expires_at", ">", new Date(nowMs));
    }
    const page = toPage(await rows.execute(), {
      list,
      limit: query.limit,
      marks,
      positionOf: (row) => [row.id],
      toItem: (row) => toKey(row, nowMs),
    });
    return { status: 200, body: page };
  },
});

const bearerIs = (id: string) => (is: ExpressionBuilder<Schema, "credentials">) =>
  is.or([is("credentials.account_id", "=", id), is("credentials.service_account_id", "=", id)]);

export const getKey = readOperation({
  id: "getKey",
  method: "GET",
  path: "/v1/fleets/{fleet}/keys/{key}",
  tag: "Keys",
  summary: "One key: yours, or with keys:read anybody's",
  access: { kind: "fleet", right: "fleet:read" },
  params: keyParams,
  answers: { 200: keySchema },
  handle: async ({ db, params, services, ...call }) => {
    const { row } = await reachKey(db, { ...call, services }, params.key);
    return { status: 200, body: toKey(row, services.clock.wallMs()), version: row.version };
  },
});
