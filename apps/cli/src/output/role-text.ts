import type { ControlSchemas } from "@cmdop/sdk";
import type { Context } from "../context.ts";
import { printRecord } from "./record.ts";

type Role = ControlSchemas["Role"];

export const printRole = (context: Pick<Context, "print">, role: Role): Promise<void> =>
  printRecord(context, role, [
    ["name", role.name],
    ["about", role.description || null],
    ["rights", role.rights.join(" ") || null],
    ["id", role.id],
  ]);
