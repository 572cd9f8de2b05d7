import { type MintContext, mintMachineToken } from "@cmdop/authority";
import type { MachineTokens } from "../../ports.ts";

/** `validMs`: how long a token is good; the machine asks for the next one at half of it. */
export const createSignedMachineTokens = (mint: MintContext, validMs: number): MachineTokens => ({
  validMs,
  mint: async (machine) => {
    const { token, expiresAtMs } = await mintMachineToken(mint, {
      machineId: machine.id,
      machineName: machine.name,
      keyFingerprint: machine.keyFingerprint,
      fleet: machine.fleetId,
      // A revocation of the machine, of its fleet or of the key ends what was minted before it.
      fence: { subjects: [machine.id, machine.fleetId, machine.keyFingerprint], revSeq: machine.revSeq },
      validMs,
    });
    return { token, expiresAt: new Date(expiresAtMs) };
  },
});
