import { readFile } from "node:fs/promises";
import path from "node:path";
import { parseRevocations, type Revocation, relayPaths } from "@cmdop/authority";
import { toDisplayText } from "@cmdop/base";
import { CliError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Column } from "../output/table.ts";

const toWhen = ({ atMs }: Revocation): string =>
  Number.isFinite(atMs) ? new Date(atMs).toISOString() : "always";

const columns: readonly Column<Revocation>[] = [
  { header: "REVOKED", value: (revocation) => toDisplayText(revocation.target, 160), isWhole: true },
  { header: "AT", value: toWhen, isWhole: true },
];

export const run = async ({ home, print }: Context): Promise<number> => {
  const file = relayPaths(path.join(home, "relay")).revocations;
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    throw new CliError({
      what: "cannot list what was revoked",
      why: `There is no revocation file at ${file}.`,
      next: "Type: cmdop relay init",
      code: "not_configured",
      cause,
    });
  }
  const { revocations, malformed } = parseRevocations(text);
  await print.list(revocations, columns, {
    toJson: (revocation) => ({
      revoked: revocation.target,
      at: Number.isFinite(revocation.atMs) ? toWhen(revocation) : null,
    }),
    id: (revocation) => revocation.target,
    emptyNote: "Nothing was revoked.",
  });
  if (malformed.length > 0) print.note(`lines that cannot be read: ${malformed.join(", ")}`);
  return exitCodes.done;
};
