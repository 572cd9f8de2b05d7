// The installation's first owner, and who the owner is.
import { newId, type Random } from "@cmdop/base";
import type { Selectable } from "kysely";
import type { Reader } from "../schema.ts";
import type { AccountTable } from "../tables/access-tables.ts";
import type { WriteTransaction } from "../unit-of-work.ts";

export type AccountRow = Selectable<AccountTable>;

export interface NewOwner {
  readonly email: string;
  readonly name: string;
  readonly passwordHash?: string | undefined;
}

/** The slug of the fleet that is there from the beginning. */
export const firstFleetSlug = "default";

export const hasOwner = async (db: Reader): Promise<boolean> => {
  const row = await db.selectFrom("installation").select("claimed_at").executeTakeFirstOrThrow();
  return row.claimed_at !== null;
};

/** Whether an owner has been made. Holds the row until the transaction ends: of two first owners one comes second. */
export const lockClaim = async (tx: WriteTransaction): Promise<{ readonly isClaimed: boolean }> => {
  const row = await tx.db
    .selectFrom("installation")
    .select("claimed_at")
    .forUpdate()
    .executeTakeFirstOrThrow();
  return { isClaimed: row.claimed_at !== null };
};

/** The owner, and a fleet that is theirs. `lockClaim` was called and said that there is none. */
export const addFirstOwner = async (
  tx: WriteTransaction,
  random: Random,
  owner: NewOwner,
): Promise<AccountRow> => {
  const account = await tx.db
    .insertInto("accounts")
    .values({
      id: newId("acc", random),
      email: owner.email,
      name: owner.name,
      installation_role: "owner",
      password_hash: owner.passwordHash ?? null,
      password_changed_at: owner.passwordHash === undefined ? null : tx.now,
      created_at: tx.now,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  const fleetId = newId("flt", random);
  await tx.db
    .insertInto("fleets")
    .values({ id: fleetId, slug: firstFleetSlug, name: "Default", created_at: tx.now })
    .execute();
  await tx.db
    .insertInto("memberships")
    .values({
      id: newId("mem", random),
      fleet_id: fleetId,
      account_id: account.id,
      role: "owner",
      invited_by: null,
      created_at: tx.now,
    })
    .execute();
  await tx.db.updateTable("installation").set({ claimed_at: tx.now }).execute();
  tx.audit({
    action: "installation.claim",
    target: { kind: "account", id: account.id },
    body: { email: owner.email },
  });
  tx.audit({
    action: "fleet.create",
    fleet: fleetId,
    target: { kind: "fleet", id: fleetId },
    body: { slug: firstFleetSlug },
  });
  return account;
};

/** The account with this address, or the one that has been an owner longest. Disabled ones do not count. */
export const findOwner = (db: Reader, email: string | undefined): Promise<AccountRow | undefined> => {
  const enabled = db.selectFrom("accounts").selectAll().where("disabled_at", "is", null);
  const wanted =
    email === undefined
      ? enabled.where("installation_role", "=", "owner")
      : enabled.where("email", "=", email);
  return wanted.orderBy("created_at").orderBy("id").executeTakeFirst();
};
