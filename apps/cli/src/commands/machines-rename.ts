import { changeMachine } from "../change-machine.ts";
import type { Context } from "../context.ts";

export const run = (context: Context): Promise<number> =>
  changeMachine(context, () => ({ name: context.arguments[1] ?? "" }));
