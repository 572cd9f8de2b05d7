import { systemClock } from "@cmdop/base";
import type { AttachmentEvent } from "@cmdop/sdk";
import { Outage } from "./attach/outage.ts";
import type { Printer } from "./output/printer.ts";

/** Says once on stderr that the way to a session is interrupted, for commands that wait without a screen. */
export const noteOutages = (print: Printer): { onEvent(event: AttachmentEvent): void; stop(): void } => {
  let isSaid = false;
  const outage = new Outage({
    clock: systemClock,
    view: {
      waiting: (cause) => {
        if (!isSaid)
          print.note(cause === "connection" ? "reconnecting …" : "the machine is away; waiting for it …");
        isSaid = true;
      },
      over: (text) => {
        isSaid = false;
        if (text !== undefined) print.note(text);
      },
    },
  });
  return { onEvent: (event) => outage.watch(event), stop: () => outage.stop() };
};
