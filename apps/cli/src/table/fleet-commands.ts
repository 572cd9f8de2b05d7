import type { CommandSpec } from "../command-spec.ts";

export const fleetCommands: readonly CommandSpec[] = [
  {
    name: "fleets",
    group: "Fleets",
    about: "list the fleets that you are in",
    examples: ["cmdop fleets", "cmdop fleets --json"],
  },
];
