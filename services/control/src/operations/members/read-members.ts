import { Failure } from "@cmdop/base";
import { z } from "zod";
import { readOperation, requireMembership } from "../../operation.ts";
import { fleetParams } from "../../store/membership/fleet-params.ts";
import { pageOf, pageQuery, toPage } from "../../store/pages.ts";
import type { Reader } from "../../store/schema.ts";
import { type MemberRow, memberParams, memberRows, memberSchema, toMember } from "./member-view.ts";

const list = "members";

export const listMembers = readOperation({
  id: "listMembers",
  method: "GET",
  path: "/v1/fleets/{fleet}/members",
  tag: "Members",
  summary: "Who is in a fleet",
  access: { kind: "fleet", right: "members:read" },
  params: fleetParams,
  query: z.object(pageQuery),
  answers: { 200: pageOf(memberSchema) },
  handle: async ({ db, query, services, ...call }) => {
    const marks = services.pageMarks;
    const [after] = query.cursor === undefined ? [] : marks.open(list, query.cursor);
    let rows = memberRows(db, requireMembership(call).fleetId)
      .orderBy("accounts.email")
      .limit(query.limit + 1);
    if (after !== undefined) rows = rows.where("accounts.email", ">", String(after));
    const page = toPage(await rows.execute(), {
      list,
      limit: query.limit,
      marks,
      positionOf: (row) => [row.email],
      toItem: toMember,
    });
    return { status: 200, body: page };
  },
});

export const findMember = async (db: Reader, fleetId: string, memberId: string): Promise<MemberRow> => {
  const row = await memberRows(db, fleetId).where("memberships.id", "=", memberId).executeTakeFirst();
  if (!row) throw new Failure("not_found", "There is no such member in this fleet.");
  return row;
};

export const getMember = readOperation({
  id: "getMember",
  method: "GET",
  path: "/v1/fleets/{fleet}/members/{member}",
  tag: "Members",
  summary: "One member of a fleet",
  access: { kind: "fleet", right: "members:read" },
  params: memberParams,
  answers: { 200: memberSchema },
  handle: async ({ db, params, ...call }) => {
    const row = await findMember(db, requireMembership(call).fleetId, params.member);
    return { status: 200, body: toMember(row), version: row.version };
  },
});
