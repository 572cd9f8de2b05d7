// A command that is one request about one thing of the fleet: what differs is the request and how its answer is shown.
import type { ControlClient } from "@cmdop/sdk";
import { confirmOrThrow } from "./confirm.ts";
import type { Context } from "./context.ts";
import { exitCodes } from "./exit-codes.ts";

interface FleetRequest<Answer> {
  /** Before anything is sent; for what cannot be taken back. */
  readonly confirm?: (...given: string[]) => { readonly effect: string; readonly question: string };
  /** `given`: the command's arguments, which its table requires. */
  readonly ask: (
    at: { readonly client: ControlClient; readonly fleet: string; readonly signal: AbortSignal },
    ...given: string[]
  ) => Promise<{ readonly data?: Answer }>;
  readonly show?: (context: Context, answer: Answer) => Promise<void>;
  /** What is said on standard error after it. */
  readonly note?: (...given: string[]) => string;
}

export const fleetRequest =
  <Answer>({ confirm, ask, show, note }: FleetRequest<Answer>) =>
  async (context: Context): Promise<number> => {
    const { arguments: given, control, fleet, print, signal } = context;
    if (confirm) await confirmOrThrow(context, confirm(...given));
    const client = await control();
    const { data } = await ask({ client, fleet: await fleet(), signal }, ...given);
    if (show && data !== undefined) await show(context, data);
    if (note) print.note(note(...given));
    return exitCodes.done;
  };
