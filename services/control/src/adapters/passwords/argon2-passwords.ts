import { hash, type Options, verify } from "@node-rs/argon2";
import type { Passwords } from "../../ports.ts";

/** argon2id as OWASP's password storage cheat sheet has it: 19 MiB, two passes. It runs on libuv's threads. */
const productionCost: Options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** `cost`: less of it is for tests of something else. */
export const createArgon2Passwords = (cost = productionCost): Passwords => {
  /** Of a password that nobody has: comparing with it takes the time that a comparison takes. */
  const decoy = hash("no account has this password", cost);
  return {
    hash: (password) => hash(password, cost),
    matches: async (password, known) => {
      const isSame = await verify(known ?? (await decoy), password);
      return known !== undefined && isSame;
    },
  };
};
