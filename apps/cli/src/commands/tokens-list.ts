import { toDisplayText } from "@cmdop/base";
import { type ControlSchemas, readAll } from "@cmdop/sdk";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Column } from "../output/table.ts";
import { timeColumn } from "../output/time-column.ts";

type Login = ControlSchemas["Login"];

const columns: readonly Column<Login>[] = [
  { header: "NAME", value: (login) => toDisplayText(login.name, 40) },
  { header: "KIND", value: (login) => login.kind, isWhole: true },
  timeColumn("SINCE", (login) => login.createdAt),
  timeColumn("USED", (login) => login.lastUsedAt, "never"),
  { header: "FROM", value: (login) => login.lastUsedFrom ?? "-" },
  { header: "FINGERPRINT", value: (login) => login.fingerprint, isWhole: true },
  { header: "ID", value: (login) => (login.isCurrent ? `${login.id} *` : login.id), isWhole: true },
];

export const run = async ({ control, print, signal }: Context): Promise<number> => {
  const client = await control();
  const logins = await readAll<Login>((page) =>
    client.GET("/v1/account/logins", { params: { query: page }, signal }),
  );
  await print.list(logins, columns, {
    toJson: (login) => login,
    id: (login) => login.id,
    emptyNote: "You are signed in nowhere.",
  });
  return exitCodes.done;
};
