import { toDisplayText } from "@cmdop/base";
import type { ControlSchemas } from "@cmdop/sdk";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { readUpTo } from "../find/read-up-to.ts";
import type { Column } from "../output/table.ts";
import { timeColumn } from "../output/time-column.ts";

type SignIn = ControlSchemas["SignIn"];

const columns: readonly Column<SignIn>[] = [
  timeColumn("AT", (signIn) => signIn.at),
  { header: "OUTCOME", value: (signIn) => (signIn.isSuccess ? "signed in" : "failed"), isWhole: true },
  { header: "BY", value: (signIn) => signIn.proofs.join(" ") || "-" },
  { header: "FROM", value: (signIn) => signIn.ip ?? "-", isWhole: true },
  { header: "WITH", value: (signIn) => toDisplayText(signIn.client ?? "-", 60) },
];

const limitDefault = 20;

export const run = async ({ control, options, print, signal }: Context): Promise<number> => {
  const client = await control();
  const signIns = await readUpTo<SignIn>(options.number("limit") ?? limitDefault, (page) =>
    client.GET("/v1/account/sign-ins", { params: { query: page }, signal }),
  );
  await print.list(signIns, columns, {
    toJson: (signIn) => signIn,
    id: (signIn) => signIn.at,
    emptyNote: "Nobody has signed in as you in a browser yet.",
  });
  return exitCodes.done;
};
