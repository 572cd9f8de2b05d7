// Makes somebody's memberships those that their groups at a provider give, at each sign-in there.
import { newId, type Random } from "@cmdop/base";
import { planMemberships } from "../../core/identity/group-memberships.ts";
import type { WriteTransaction } from "../unit-of-work.ts";
import { rightsOf } from "./memberships.ts";

export const applyGroups = async (
  tx: WriteTransaction,
  random: Random,
  person: { readonly providerId: string; readonly accountId: string; readonly groups: readonly string[] },
): Promise<void> => {
  const { accountId, providerId } = person;
  const rows = await tx.db
    .selectFrom("identity_group_roles")
    .selectAll()
    .where("provider_id", "=", providerId)
    .execute();
  const mapping = await Promise.all(
    rows.map(async (row) => ({
      group: row.group_name,
      fleetId: row.fleet_id,
      role: row.role,
      rights: (await rightsOf(tx.db, row.role, row.fleet_id)).size,
    })),
  );
  const memberships = await tx.db
    .selectFrom("memberships")
    .selectAll()
    .where("account_id", "=", accountId)
    .forUpdate()
    .execute();
  const held = await Promise.all(
    memberships.map(async (row) => {
      const owners = await tx.db
        .selectFrom("memberships")
        .innerJoin("accounts", "accounts.id", "memberships.account_id")
        .select("memberships.id")
        .where("memberships.fleet_id", "=", row.fleet_id)
        .where("memberships.role", "=", "owner")
        .where("memberships.id", "!=", row.id)
        // As last-owner.ts has it: whoever has an end, or is shut out, does not stand in.
        .where("memberships.expires_at", "is", null)
        .where("accounts.disabled_at", "is", null)
        .forUpdate("memberships")
        .execute();
      const isLastOwner = row.role === "owner" && owners.length === 0;
      const isGivenThere = row.source === "oidc" && row.provider_id === providerId;
      return { id: row.id, fleetId: row.fleet_id, role: row.role, isGivenThere, isLastOwner };
    }),
  );
  for (const step of planMemberships(person.groups, mapping, held)) {
    const fleet = step.fleetId;
    if (step.kind === "add") {
      const id = newId("mem", random);
      await tx.db
        .insertInto("memberships")
        .values({
          id,
          fleet_id: fleet,
          account_id: accountId,
          role: step.role,
          source: "oidc",
          provider_id: providerId,
          invited_by: null,
          created_at: tx.now,
        })
        .execute();
      tx.audit({
        action: "member.add",
        fleet,
        target: { kind: "membership", id },
        body: { account: accountId, role: step.role, provider: providerId },
      });
      continue;
    }
    const target = { kind: "membership", id: step.id };
    if (step.kind === "change") {
      await tx.db
        .updateTable("memberships")
        .set((set) => ({ role: step.role, version: set("version", "+", 1) }))
        .where("id", "=", step.id)
        .execute();
      tx.audit({ action: "member.change", fleet, target, body: { role: step.role, provider: providerId } });
    } else {
      await tx.db.deleteFrom("memberships").where("id", "=", step.id).execute();
      tx.audit({
        action: "member.remove",
        fleet,
        target,
        body: { account: accountId, provider: providerId },
      });
    }
    // Edges ask anew: what it allows now is less, or something else.
    tx.revoke([step.id], "the groups at the identity provider have changed");
  }
};
