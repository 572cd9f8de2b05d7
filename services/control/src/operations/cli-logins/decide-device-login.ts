import { Failure } from "@cmdop/base";
import { z } from "zod";
import { writeOperation } from "../../operation.ts";
import type { WriteTransaction } from "../../store/unit-of-work.ts";
import { proofsOf, requireBrowser } from "./browser-approval.ts";

const params = z.object({ login: z.string().max(64).describe("Id") });

export const approveDeviceLogin = writeOperation({
  id: "approveDeviceLogin",
  method: "POST",
  path: "/v1/device-logins/{login}/approve",
  tag: "Terminal login",
  summary: "Sign the terminal in as yourself",
  access: { kind: "signed_in" },
  isFreshSignInNeeded: true,
  params,
  answers: { 204: null },
  handle: async ({ params: { login }, tx, ...call }) => {
    const principal = requireBrowser(call);
    const { proofs, signed_in_at } = await proofsOf(tx.db, principal);
    await decide(tx, { login, accountId: principal.id, change: { state: "approved", proofs, signed_in_at } });
    return { status: 204 };
  },
});

export const denyDeviceLogin = writeOperation({
  id: "denyDeviceLogin",
  method: "POST",
  path: "/v1/device-logins/{login}/deny",
  tag: "Terminal login",
  summary: "Refuse the terminal",
  access: { kind: "signed_in" },
  params,
  answers: { 204: null },
  handle: async ({ params: { login }, tx, ...call }) => {
    const { id: accountId } = requireBrowser(call);
    await decide(tx, { login, accountId, change: { state: "denied" } });
    return { status: 204 };
  },
});

const decide = async (
  tx: WriteTransaction,
  decision: {
    readonly login: string;
    readonly accountId: string;
    readonly change:
      | { readonly state: "approved"; readonly proofs: string[]; readonly signed_in_at: Date | null }
      | { readonly state: "denied" };
  },
): Promise<void> => {
  const row = await tx.db
    .updateTable("device_grants")
    .set(decision.change)
    .where("id", "=", decision.login)
    // Bound to whoever typed the code: an id that leaks approves nothing.
    .where("account_id", "=", decision.accountId)
    .where("state", "=", "claimed")
    .where("expires_at", ">", tx.now)
    .returning(["id", "client"])
    .executeTakeFirst();
  if (!row) throw new Failure("not_found", "This login is not yours to decide, was decided, or has run out.");
  tx.audit({
    action: decision.change.state === "approved" ? "device_login.approve" : "device_login.deny",
    target: { kind: "device_login", id: row.id },
    body: { client: row.client },
  });
};
