// What a machine's agent needs: its identity, its lock and how it asks the control plane. Of tokens it checks none, and
// loads none of their code: a fifth of its memory and of its start.
export { createPinnedAsk } from "./ask-control.ts";
export { isFingerprint, rawPublicKey } from "./fingerprint.ts";
export { signLinkProof } from "./link-proof.ts";
export { renewMachineToken } from "./machine-enrolment.ts";
export { MachineIdentity } from "./machine-identity.ts";
export { takeProcessLock } from "./process-lock.ts";
export { watchFile } from "./watched-file.ts";
