// What machines need beside the database.
import type { MintContext } from "@cmdop/authority";
import type { Random } from "@cmdop/base";
import { createSignedChallenges } from "../adapters/machines/signed-challenges.ts";
import { createSignedMachineTokens } from "../adapters/machines/signed-machine-tokens.ts";
import type { ControlConfig } from "../config.ts";
import { challengeValidMs } from "../core/machines/limits.ts";
import type { ControlHome } from "../home.ts";
import type { Services } from "../services.ts";

export const createMachineServices = (options: {
  readonly config: ControlConfig;
  readonly home: ControlHome;
  readonly mint: MintContext;
  readonly random: Random;
}): Pick<Services, "challenges" | "machineTokens" | "joining"> => {
  const { config, home, mint, random } = options;
  return {
    challenges: createSignedChallenges({ key: home.pageKey, random, validMs: challengeValidMs }),
    machineTokens: createSignedMachineTokens(mint, config.machineTokenMs),
    joining: {
      pins: config.joinPins.length > 0 ? config.joinPins : [home.tls.pin],
      relays: config.relays,
      relayCaPin: config.relayCaPin,
    },
  };
};
