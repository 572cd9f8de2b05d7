import type { ControlSchemas } from "@cmdop/sdk";

type FleetRight = ControlSchemas["FleetRight"];

/** Words of options, by comma or one by one. Which of them are rights, the control plane knows. */
export const toRights = (words: readonly string[]): FleetRight[] =>
  words
    .flatMap((word) => word.split(","))
    .map((word) => word.trim())
    .filter((word) => word !== "") as FleetRight[];
