import { Failure } from "@cmdop/base";
import { z } from "zod";
import { requireAccount, writeOperation } from "../../operation.ts";
import { dropApprovals } from "../../store/identity/pending-approvals.ts";
import { revokeCredentials } from "../../store/keys/revoked-credentials.ts";

const personal = ["ses", "cli"];

export const endLogin = writeOperation({
  id: "endLogin",
  method: "DELETE",
  path: "/v1/account/logins/{login}",
  tag: "Your account",
  summary: "Sign a browser or a terminal of yours out",
  access: { kind: "signed_in" },
  params: z.object({ login: z.string().max(64).describe("Id") }),
  answers: { 204: null },
  handle: async ({ params, tx, ...call }) => {
    const { id } = requireAccount(call);
    await dropApprovals(tx, id);
    const ended = await revokeCredentials(
      tx,
      (row) =>
        row.and([row("id", "=", params.login), row("account_id", "=", id), row("kind", "in", personal)]),
      "signed out from elsewhere",
    );
    if (ended.length === 0) throw new Failure("not_found", "There is no such login of yours.");
    return { status: 204 };
  },
});

export const endOtherLogins = writeOperation({
  id: "endOtherLogins",
  method: "POST",
  path: "/v1/account/logins/end-others",
  tag: "Your account",
  summary: "Sign out everywhere but here",
  access: { kind: "signed_in" },
  answers: { 200: z.object({ ended: z.number().int() }) },
  handle: async ({ tx, ...call }) => {
    const { id, credential } = requireAccount(call);
    await dropApprovals(tx, id);
    const ended = await revokeCredentials(
      tx,
      (row) =>
        row.and([row("id", "!=", credential.id), row("account_id", "=", id), row("kind", "in", personal)]),
      "signed out from elsewhere",
    );
    tx.audit({
      action: "account.end_other_logins",
      target: { kind: "account", id },
      body: { ended: ended.length },
    });
    return { status: 200, body: { ended: ended.length } };
  },
});
