import type { ColumnType } from "kysely";

type Time = ColumnType<Date, Date, Date>;
type OptionalTime = ColumnType<Date | null, Date | null | undefined, Date | null>;

export interface InvitationTable {
  readonly id: string;
  readonly fleet_id: string;
  readonly email: string;
  readonly role: string;
  readonly hash: Buffer;
  readonly membership_expires_at: OptionalTime;
  readonly created_at: Time;
  readonly created_by: string;
  readonly expires_at: Time;
  readonly accepted_at: OptionalTime;
  readonly accepted_by: string | null;
  readonly cancelled_at: OptionalTime;
}

export interface MachineAccessTable {
  readonly fleet_id: string;
  readonly machine_id: string;
  readonly membership_id: string | null;
  readonly service_account_id: string | null;
  readonly level: "execute" | "view" | "none";
  readonly set_at: Time;
  readonly set_by: string;
}
