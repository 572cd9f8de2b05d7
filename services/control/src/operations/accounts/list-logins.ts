import { sql } from "kysely";
import { z } from "zod";
import { readOperation, requireAccount } from "../../operation.ts";
import { pageOf, pageQuery, toPage } from "../../store/pages.ts";
import { loginSchema, toLogin } from "./login-view.ts";

const list = "logins";

export const listLogins = readOperation({
  id: "listLogins",
  method: "GET",
  path: "/v1/account/logins",
  tag: "Your account",
  summary: "Where you are signed in: browsers and terminals",
  access: { kind: "signed_in" },
  query: z.object({ ...pageQuery, kind: z.enum(["browser", "cli"]).optional() }),
  answers: { 200: pageOf(loginSchema) },
  handle: async ({ db, query, services, ...call }) => {
    const principal = requireAccount(call);
    const marks = services.pageMarks;
    const [after] = query.cursor === undefined ? [] : marks.open(list, query.cursor);
    const now = new Date(services.clock.wallMs());
    let rows = db
      .selectFrom("credentials")
      .selectAll()
      .where("account_id", "=", principal.id)
      .where(
        "kind",
        "in",
        query.kind === "browser" ? ["ses"] : query.kind === "cli" ? ["cli"] : ["ses", "cli"],
      )
      .where("revoked_at", "is", null)
      .where((row) => row.or([row("expires_at", "is", null), row("expires_at", ">", now)]))
      .where(
        sql<boolean>`(idle_ms is null or coalesce(last_used_at, created_at) + idle_ms * interval '1 ms' > ${now})`,
      )
      .orderBy("id")
      .limit(query.limit + 1);
    if (after !== undefined) rows = rows.where("id", ">", String(after));
    const page = toPage(await rows.execute(), {
      list,
      limit: query.limit,
      marks,
      positionOf: (row) => [row.id],
      toItem: (row) => toLogin(row, principal.credential.id),
    });
    return { status: 200, body: page };
  },
});
