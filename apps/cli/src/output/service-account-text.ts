import type { ControlSchemas } from "@cmdop/sdk";
import type { Context } from "../context.ts";
import { printRecord } from "./record.ts";

export const printServiceAccount = (
  context: Pick<Context, "print">,
  account: ControlSchemas["ServiceAccount"],
): Promise<void> =>
  printRecord(context, account, [
    ["name", account.name],
    ["role", account.role],
    ["about", account.description || null],
    ["state", account.disabledAt === null ? "live" : "disabled: its keys do not work"],
    ["id", account.id],
  ]);
