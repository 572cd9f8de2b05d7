import { Failure } from "@cmdop/base";
import type { ControlClient } from "@cmdop/sdk";
import { usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { findKey } from "../find/find-key.ts";
import { findMember } from "../find/find-member.ts";
import { ifMatch } from "../if-match.ts";
import { parseDollars, toDollarText } from "../output/money.ts";

const subjects = ["key", "member", "machine"] as const;
type Subject = (typeof subjects)[number] | "fleet";
const periods = ["day", "month", "total"] as const;

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [dollars = ""],
    control,
    options,
    print,
    signal,
  } = context;
  const limitMicros = parseDollars(dollars);
  const given = subjects.filter((name) => options.has(name));
  if (given.length > 1) {
    throw usageError(
      "Give one of --key, --member and --machine, or none for the fleet.",
      "One budget at a time.",
    );
  }
  const subject: Subject = given[0] ?? "fleet";
  const client = await control();
  const fleet = await context.fleet();
  const body = {
    subject,
    subjectId: await subjectIdOf({ client, fleet, signal }, subject, options.text(subject) ?? ""),
    limitMicros,
    period: periods.find((name) => name === options.text("period")) ?? "month",
    isHard: subject !== "machine" && !options.flag("alert-only"),
  };
  const params = { path: { fleet } };
  const created = client.POST("/v1/fleets/{fleet}/budgets", { params, body, signal });
  const { data } = await created.catch(async (error: unknown) => {
    if (!(error instanceof Failure) || error.code !== "conflict") throw error;
    const listed = await client.GET("/v1/fleets/{fleet}/budgets", { params, signal });
    const old = listed.data?.items.find(
      (item) => item.subject === subject && item.subjectId === body.subjectId && item.period === body.period,
    );
    if (!old) throw error;
    const { limitMicros, isHard } = body;
    return client.PATCH("/v1/fleets/{fleet}/budgets/{budget}", {
      params: { path: { ...params.path, budget: old.id } },
      headers: ifMatch(old),
      body: { limitMicros, isHard },
      signal,
    });
  });
  if (!data) return exitCodes.failed;
  if (print.isJson) await print.json(data);
  else if (print.isQuiet) await print.line(data.id);
  else {
    const effect = data.isHard ? "" : " It alerts, and refuses nothing.";
    print.note(`${toDollarText(data.spentMicros)} of ${toDollarText(data.limitMicros)} is spent.${effect}`);
  }
  return exitCodes.done;
};

/** Whom it is for; refused where there is no such: a budget of nobody would limit nobody. */
const subjectIdOf = async (
  at: { readonly client: ControlClient; readonly fleet: string; readonly signal: AbortSignal },
  subject: Subject,
  wanted: string,
): Promise<string> => {
  const { client, fleet, signal } = at;
  switch (subject) {
    case "fleet":
      return "";
    case "member":
      return (await findMember(client, fleet, wanted, signal)).account.id;
    case "key":
      return (await findKey(at, wanted)).id;
    case "machine": {
      const path = { fleet, machine: wanted };
      const { data } = await client.GET("/v1/fleets/{fleet}/machines/{machine}", {
        params: { path },
        signal,
      });
      return data?.id ?? wanted;
    }
  }
};
