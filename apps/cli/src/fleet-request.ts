// A command that is one request about one thing of the fleet: what differs is the request and how its answer is shown.
import type { ControlClient } from "@cmdop/sdk";
import type { Context } from "./context.ts";
import { exitCodes } from "./exit-codes.ts";
import { confirmOrThrow } from "./input/confirm.ts";

export interface FleetPlace {
  readonly client: ControlClient;
  readonly fleet: string;
  readonly signal: AbortSignal;
}

/** What a word was found to mean; `title` as a person knows it. */
export interface FoundThing {
  readonly id: string;
  readonly title: string;
}

interface FleetRequest<Answer> {
  /** What the first argument means, where the control plane takes its id alone; default: it stands as it was given. */
  readonly find?: (at: FleetPlace, wanted: string) => Promise<FoundThing>;
  /** Before anything is changed; for what cannot be taken back. `title`: what was found, or as it was given. */
  readonly confirm?: (
    title: string,
    ...more: string[]
  ) => { readonly effect: string; readonly question: string };
  /** `id`: what was found, or as it was given; `more`: the arguments after it, which the table requires. */
  readonly ask: (at: FleetPlace, id: string, ...more: string[]) => Promise<{ readonly data?: Answer }>;
  readonly show?: (context: Context, answer: Answer) => Promise<void>;
  /** What is said on standard error after it. */
  readonly note?: (title: string) => string;
}

export const fleetRequest =
  <Answer>({ find, confirm, ask, show, note }: FleetRequest<Answer>) =>
  async (context: Context): Promise<number> => {
    const {
      arguments: [wanted = "", ...more],
      control,
      fleet,
      print,
      signal,
    } = context;
    const open = async (): Promise<FleetPlace> => ({ client: await control(), fleet: await fleet(), signal });
    const place = find ? await open() : undefined;
    const { id, title } = find && place ? await find(place, wanted) : { id: wanted, title: wanted };
    if (confirm) await confirmOrThrow(context, confirm(title, ...more));
    const { data } = await ask(place ?? (await open()), id, ...more);
    if (show && data !== undefined) await show(context, data);
    if (note) print.note(note(title));
    return exitCodes.done;
  };
