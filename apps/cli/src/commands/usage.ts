import { toDisplayText } from "@cmdop/base";
import type { ControlSchemas } from "@cmdop/sdk";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { toDollarText } from "../output/money.ts";
import type { Column } from "../output/table.ts";

type Usage = ControlSchemas["Usage"];
type Row = Usage["items"][number];

const columnsOf = (by: Usage["by"]): readonly Column<Row>[] => [
  { header: by.toUpperCase(), value: (row) => toDisplayText(row.of, 200) || "-" },
  { header: "REQUESTS", value: (row) => String(row.requests), isWhole: true },
  { header: "TOKENS IN", value: (row) => String(row.inputTokens), isWhole: true },
  { header: "TOKENS OUT", value: (row) => String(row.outputTokens), isWhole: true },
  { header: "SEARCHES", value: (row) => String(row.searches), isWhole: true },
  { header: "COST", value: (row) => toDollarText(row.costMicros), isWhole: true },
  { header: "UNPRICED", value: (row) => String(row.unpriced), isWhole: true },
];

export const run = async ({ control, fleet, options, print, signal }: Context): Promise<number> => {
  const bys = ["key", "member", "machine", "model", "day"] as const;
  const by = bys.find((name) => name === options.text("by")) ?? "model";
  const from = options.text("from");
  const to = options.text("to");
  const client = await control();
  const { data } = await client.GET("/v1/fleets/{fleet}/usage", {
    params: {
      path: { fleet: await fleet() },
      query: { by, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) },
    },
    signal,
  });
  if (!data) return exitCodes.failed;
  if (print.isJson) {
    await print.json(data);
    return exitCodes.done;
  }
  await print.list(data.items, columnsOf(by), {
    toJson: (row) => row,
    id: (row) => row.of,
    emptyNote: `Nothing was used from ${data.from} to ${data.to}.`,
  });
  const { total } = data;
  if (data.items.length > 0) {
    print.note(
      `${data.from} to ${data.to}: ${requestsText(total.requests)}, ${total.inputTokens} tokens in, ` +
        `${total.outputTokens} out, ${toDollarText(total.costMicros)}` +
        (total.unpriced > 0 ? `, and ${requestsText(total.unpriced)} whose price is not known` : ""),
    );
  }
  return exitCodes.done;
};

const requestsText = (count: number): string => `${count} ${count === 1 ? "request" : "requests"}`;
