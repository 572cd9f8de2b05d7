import { Failure, toDisplayText } from "@cmdop/base";
import { z } from "zod";
import { installationRoles } from "../../core/access/roles.ts";
import { assertVersion, writeOperation } from "../../operation.ts";
import { lockClaim } from "../../store/identity/owners.ts";
import { dropApprovals } from "../../store/identity/pending-approvals.ts";
import { accountParams, accountSchema, toAccount } from "./account-view.ts";

export const changeAccount = writeOperation({
  id: "changeAccount",
  method: "PATCH",
  path: "/v1/accounts/{account}",
  tag: "Accounts",
  summary: "Rename an account, change its role, disable or enable it",
  description: "A disabled account's credentials are refused at once, and what is live with them ends.",
  access: { kind: "installation", right: "accounts:manage" },
  isFreshSignInNeeded: true,
  params: accountParams,
  body: z.object({
    name: z
      .string()
      .max(100)
      .transform((text) => toDisplayText(text, 100).trim())
      .pipe(z.string().min(1))
      .optional(),
    installationRole: z.enum(installationRoles).optional(),
    isDisabled: z.boolean().optional(),
  }),
  answers: { 200: accountSchema },
  handle: async ({ params, body, tx, ifMatch }) => {
    // Of two owners who take each other's role away at once, one comes second.
    await lockClaim(tx);
    if (body.isDisabled) await dropApprovals(tx, params.account);
    const row = await tx.db
      .selectFrom("accounts")
      .selectAll()
      .where("id", "=", params.account)
      .forUpdate()
      .executeTakeFirst();
    if (!row) throw new Failure("not_found", "There is no such account.");
    assertVersion(row, ifMatch);
    const wasOwner = row.installation_role === "owner" && row.disabled_at === null;
    const role = body.installationRole ?? row.installation_role;
    const isDisabled = body.isDisabled ?? row.disabled_at !== null;
    if (wasOwner && (role !== "owner" || isDisabled)) {
      const another = await tx.db
        .selectFrom("accounts")
        .select("id")
        .where("installation_role", "=", "owner")
        .where("disabled_at", "is", null)
        .where("id", "!=", row.id)
        .executeTakeFirst();
      if (!another) throw new Failure("last_owner");
    }
    const changed = await tx.db
      .updateTable("accounts")
      .set((set) => ({
        name: body.name ?? row.name,
        installation_role: role,
        disabled_at: isDisabled ? (row.disabled_at ?? tx.now) : null,
        version: set("version", "+", 1),
      }))
      .where("id", "=", row.id)
      .returningAll()
      .executeTakeFirstOrThrow();
    tx.audit({
      action: "account.change",
      target: { kind: "account", id: row.id },
      body: { before: summaryOf(row), after: summaryOf(changed) },
    });
    if (isDisabled && row.disabled_at === null) tx.revoke([row.id], "the account was disabled");
    return { status: 200, body: toAccount(changed), version: changed.version };
  },
});

const summaryOf = (row: {
  readonly name: string;
  readonly installation_role: string;
  readonly disabled_at: Date | null;
}) => ({ name: row.name, installationRole: row.installation_role, isDisabled: row.disabled_at !== null });
