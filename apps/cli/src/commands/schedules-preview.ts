import { toDisplayText } from "@cmdop/base";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { specOf } from "../options/schedule-options.ts";

const countDefault = 10;

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [schedule],
    control,
    fleet,
    options,
    print,
    signal,
  } = context;
  const count = options.number("count") ?? countDefault;
  const spec = schedule === undefined ? specOf(options) : undefined;
  const client = await control();
  const path = { fleet: await fleet() };
  const { data } = spec
    ? await client.POST("/v1/fleets/{fleet}/schedules/preview", {
        params: { path },
        body: { spec, count },
        signal,
      })
    : await client.GET("/v1/fleets/{fleet}/schedules/{schedule}/preview", {
        params: { path: { ...path, schedule: schedule ?? "" }, query: { count } },
        signal,
      });
  if (!data) return exitCodes.done;
  if (print.isJson) {
    await print.json(data);
    return exitCodes.done;
  }
  print.note(toDisplayText(data.summary, 500));
  for (const { local, utc, note } of data.entries) {
    await print.line([local, utc ?? "-", note ?? ""].join("  ").trimEnd());
  }
  if (data.end) print.note(data.end === "ended" ? "then it ends" : "then it is never due");
  return exitCodes.done;
};
