// One key and lists of them, as people read them.
import { toDisplayText } from "@cmdop/base";
import type { ControlSchemas } from "@cmdop/sdk";
import type { Context } from "../context.ts";
import { printRecord } from "./record.ts";
import type { Column } from "./table.ts";
import { timeColumn } from "./time-column.ts";

type Key = ControlSchemas["Key"];

export const keyColumns: readonly Column<Key>[] = [
  { header: "NAME", value: (key) => toDisplayText(key.name, 40) },
  { header: "OF", value: (key) => toDisplayText(key.bearer.name, 40) },
  {
    header: "STATE",
    value: (key) => (key.state === "live" && key.replacedBy ? "rotated" : key.state),
    isWhole: true,
  },
  timeColumn("EXPIRES", (key) => key.expiresAt, "never"),
  timeColumn("USED", (key) => key.lastUsedAt, "never"),
  { header: "FINGERPRINT", value: (key) => key.fingerprint, isWhole: true },
  { header: "ID", value: (key) => key.id, isWhole: true },
];

const limitsText = ({ limits }: Key): string | null => {
  const parts = Object.entries(limits).map(([name, value]) => `${name}=${[value].flat().join(",")}`);
  return parts.length === 0 ? null : parts.join(" ");
};

export const printKey = (context: Pick<Context, "print">, key: Key): Promise<void> =>
  printRecord(context, key, [
    ["name", key.name],
    ["of", `${key.bearer.name} (${key.bearer.kind})`],
    ["state", key.revokedReason ? `${key.state}: ${key.revokedReason}` : key.state],
    ["scopes", key.scopes === null ? "all that its bearer may" : key.scopes.join(" ")],
    ["limits", limitsText(key)],
    ["works as", key.actor],
    ["made", key.createdAt],
    ["expires", key.expiresAt],
    ["last used", key.lastUsedAt && `${key.lastUsedAt} from ${key.lastUsedFrom ?? "?"}`],
    ["replaced by", key.replacedBy],
    ["fingerprint", key.fingerprint],
    ["id", key.id],
  ]);
