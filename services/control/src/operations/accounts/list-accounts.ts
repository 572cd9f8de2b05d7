import { Failure } from "@cmdop/base";
import { z } from "zod";
import { readOperation } from "../../operation.ts";
import { pageOf, pageQuery, toPage } from "../../store/pages.ts";
import { accountParams, accountSchema, toAccount } from "./account-view.ts";

const list = "accounts";
const access = { kind: "installation", right: "accounts:read" } as const;

export const listAccounts = readOperation({
  id: "listAccounts",
  method: "GET",
  path: "/v1/accounts",
  tag: "Accounts",
  summary: "Everybody who has an account here",
  access,
  query: z.object(pageQuery),
  answers: { 200: pageOf(accountSchema) },
  handle: async ({ db, query, services }) => {
    const marks = services.pageMarks;
    const [after] = query.cursor === undefined ? [] : marks.open(list, query.cursor);
    let rows = db
      .selectFrom("accounts")
      .selectAll()
      .orderBy("email")
      .limit(query.limit + 1);
    if (after !== undefined) rows = rows.where("email", ">", String(after));
    const page = toPage(await rows.execute(), {
      list,
      limit: query.limit,
      marks,
      positionOf: (row) => [row.email],
      toItem: toAccount,
    });
    return { status: 200, body: page };
  },
});

export const getAccount = readOperation({
  id: "getAccount",
  method: "GET",
  path: "/v1/accounts/{account}",
  tag: "Accounts",
  summary: "One account",
  access,
  params: accountParams,
  answers: { 200: accountSchema },
  handle: async ({ db, params }) => {
    const row = await db
      .selectFrom("accounts")
      .selectAll()
      .where("id", "=", params.account)
      .executeTakeFirst();
    if (!row) throw new Failure("not_found", "There is no such account.");
    return { status: 200, body: toAccount(row), version: row.version };
  },
});
