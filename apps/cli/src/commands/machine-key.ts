import { createPublicKey } from "node:crypto";
import path from "node:path";
import { machineFingerprint, makePrivateDirectory, openPrivateKey, rawPublicKey } from "@cmdop/authority";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";

/** The fingerprint of this machine's key, which is made when there is none. */
export const openMachineKey = async (home: string): Promise<{ fingerprint: string; isNew: boolean }> => {
  await makePrivateDirectory(path.join(home, "agent"));
  const { key, isNew } = await openPrivateKey(path.join(home, "agent", "identity.key"));
  return { fingerprint: machineFingerprint(rawPublicKey(createPublicKey(key))), isNew };
};

export const run = async ({ home, print }: Context): Promise<number> => {
  const { fingerprint, isNew } = await openMachineKey(home);
  if (print.isJson) await print.json({ fingerprint, isNew });
  else await print.line(fingerprint);
  if (isNew) print.note("The key was made now.");
  return exitCodes.done;
};
