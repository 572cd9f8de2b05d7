import { followEvents } from "@cmdop/sdk";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";

export const run = async ({ control, fleet, options, print, signal }: Context): Promise<number> => {
  const client = await control();
  const topics = options.list("topic");
  const events = followEvents(client, {
    fleet: await fleet(),
    ...(topics.length === 0 ? {} : { topics }),
    signal,
  });
  for await (const event of events) {
    if (print.isJson) await print.ndjson(event);
    else if (event.kind === "change") await print.line(`${event.topic} ${event.id}`);
    else if (event.kind === "resync") print.note("Something was missed: look at what you watch anew.");
    else print.note(`Watching: ${event.topics.join(", ")}`);
  }
  return exitCodes.interrupted;
};
