import { Failure } from "@cmdop/base";
import { z } from "zod";
import { readOperation, requireMembership } from "../../operation.ts";
import { fleetParams } from "../../store/membership/fleet-params.ts";
import { pageOf, pageQuery, toPage } from "../../store/pages.ts";
import { serviceAccountSchema, serviceParams, toServiceAccount } from "./service-account-view.ts";

const list = "service-accounts";

export const listServiceAccounts = readOperation({
  id: "listServiceAccounts",
  method: "GET",
  path: "/v1/fleets/{fleet}/service-accounts",
  tag: "Service accounts",
  summary: "The fleet's members that are programs",
  access: { kind: "fleet", right: "members:read" },
  params: fleetParams,
  query: z.object(pageQuery),
  answers: { 200: pageOf(serviceAccountSchema) },
  handle: async ({ db, query, services, ...call }) => {
    const marks = services.pageMarks;
    const [after] = query.cursor === undefined ? [] : marks.open(list, query.cursor);
    let rows = db
      .selectFrom("service_accounts")
      .selectAll()
      .where("fleet_id", "=", requireMembership(call).fleetId)
      .orderBy("name")
      .limit(query.limit + 1);
    if (after !== undefined) rows = rows.where("name", ">", String(after));
    const page = toPage(await rows.execute(), {
      list,
      limit: query.limit,
      marks,
      positionOf: (row) => [row.name],
      toItem: toServiceAccount,
    });
    return { status: 200, body: page };
  },
});

export const getServiceAccount = readOperation({
  id: "getServiceAccount",
  method: "GET",
  path: "/v1/fleets/{fleet}/service-accounts/{serviceAccount}",
  tag: "Service accounts",
  summary: "One service account",
  access: { kind: "fleet", right: "members:read" },
  params: serviceParams,
  answers: { 200: serviceAccountSchema },
  handle: async ({ db, params, ...call }) => {
    const row = await db
      .selectFrom("service_accounts")
      .selectAll()
      .where("id", "=", params.serviceAccount)
      .where("fleet_id", "=", requireMembership(call).fleetId)
      .executeTakeFirst();
    if (!row) throw new Failure("not_found", "There is no such service account in this fleet.");
    return { status: 200, body: toServiceAccount(row), version: row.version };
  },
});
