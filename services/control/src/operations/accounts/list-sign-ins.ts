import { z } from "zod";
import { readOperation, requireAccount } from "../../operation.ts";
import { pageOf, pageQuery, toPage } from "../../store/pages.ts";

const list = "sign-ins";

const signInSchema = z
  .object({
    at: z.iso.datetime(),
    isSuccess: z.boolean(),
    ip: z.string().nullable(),
    client: z.string().nullable(),
    proofs: z.array(z.string()).describe("Of a success: what was given. Of a failure: what was wrong"),
  })
  .meta({ id: "SignIn" });

const entrySchema = z.object({
  at: z.string(),
  ip: z.string().optional(),
  client: z.string().optional(),
  reason: z.string().optional(),
  body: z.object({ proofs: z.array(z.string()).optional() }).optional(),
});

export const listSignIns = readOperation({
  id: "listSignIns",
  method: "GET",
  path: "/v1/account/sign-ins",
  tag: "Your account",
  summary: "When and from where somebody signed in as you, or failed to",
  description: "Failures are written at most twenty times a minute for each address.",
  access: { kind: "signed_in" },
  query: z.object(pageQuery),
  answers: { 200: pageOf(signInSchema) },
  handle: async ({ db, query, services, ...call }) => {
    const { id } = requireAccount(call);
    const marks = services.pageMarks;
    const [before] = query.cursor === undefined ? [] : marks.open(list, query.cursor);
    let rows = db
      .selectFrom("audit_entries")
      .select(["seq", "outcome", "entry"])
      .where("target_id", "=", id)
      .where("action", "=", "account.sign_in")
      .orderBy("seq", "desc")
      .limit(query.limit + 1);
    if (before !== undefined) rows = rows.where("seq", "<", Number(before));
    const page = toPage(await rows.execute(), {
      list,
      limit: query.limit,
      marks,
      positionOf: (row) => [row.seq],
      toItem: (row) => {
        const entry = entrySchema.parse(JSON.parse(row.entry));
        return {
          at: entry.at,
          isSuccess: row.outcome === "allowed",
          ip: entry.ip ?? null,
          client: entry.client ?? null,
          proofs: entry.body?.proofs ?? (entry.reason === undefined ? [] : [entry.reason]),
        };
      },
    });
    return { status: 200, body: page };
  },
});
