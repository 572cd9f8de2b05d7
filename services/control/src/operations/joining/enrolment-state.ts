import { Failure } from "@cmdop/base";
import { z } from "zod";
import { readOperation } from "../../operation.ts";

export const enrolmentState = readOperation({
  id: "enrolmentState",
  method: "POST",
  path: "/v1/join/state",
  tag: "Machines",
  summary: "Ask whether a waiting machine was let in",
  description: "When it was, it joins again with the same token and key.",
  access: { kind: "public", because: "it says one word to whoever was given the id" },
  perMinute: 600,
  body: z.object({ enrolmentId: z.string().max(64) }),
  answers: { 200: z.object({ state: z.enum(["waiting", "approved", "denied"]) }) },
  handle: async ({ db, body, services }) => {
    const row = await db
      .selectFrom("enrolments")
      .select("state")
      .where("id", "=", body.enrolmentId)
      .where("expires_at", ">", new Date(services.clock.wallMs()))
      .executeTakeFirst();
    if (!row) throw new Failure("gone", "It has waited too long, or joined already.");
    return { status: 200, body: { state: row.state } };
  },
});
