export {
  AddressRefused,
  type AllowedRanges,
  checkUrl,
  createGuardedLookup,
  isDialable,
} from "./address-guard.ts";
export { type AskControl, askLocalControl, createPinnedAsk, streamLocalControl } from "./ask-control.ts";
export {
  type Authority,
  type AuthorityEvents,
  assertLinkIdentity,
  assertSession,
  openKeySetAuthority,
  type TicketRequest,
  ticketValidMsDefault,
  ticketValidMsMax,
  type VerifyWish,
} from "./authority.ts";
export {
  type CertifiedKey,
  certificateEndMs,
  createCertificateAuthority,
  createServerCertificate,
  fetchCertificateEndMs,
  fetchPinnedAuthority,
} from "./certificates.ts";
export {
  type AnyGrant,
  type Fence,
  type GrantActor,
  type GrantOf,
  type GrantRole,
  type MachineGrant,
  type OperatorGrant,
  type SessionGrant,
  type TokenKind,
  tokenAudience,
  tokenIssuer,
  tokenTypes,
} from "./claims.ts";
export { type ControlProofPurpose, isControlProof, signControlProof } from "./control-proof.ts";
export {
  type ControlledHome,
  type ControlledHomeOptions,
  type LocalControl,
  prepareControlledHome,
} from "./controlled-home.ts";
export {
  certificatePin,
  fromRawPublicKey,
  isFingerprint,
  machineFingerprint,
  rawPublicKey,
} from "./fingerprint.ts";
export { type JoinString, parseJoinString, toJoinString } from "./join-string.ts";
export { enrolmentFiles, prepareJoinedAgent, writeAgentFile } from "./joined-agent-home.ts";
export { type KeySet, type OpenedKeySet, openKeySet, type PublicJwk, parseKeySet } from "./key-set.ts";
export { isLinkProof, signLinkProof } from "./link-proof.ts";
export { type LocalHome, prepareLocalHome } from "./local-home.ts";
export {
  type JoinOutcome,
  joinFleet,
  type MachineEnrolment,
  readEnrolmentState,
  renewMachineToken,
} from "./machine-enrolment.ts";
export { MachineIdentity } from "./machine-identity.ts";
export { networkOf } from "./network-of.ts";
export {
  hashOpaqueToken,
  isSameTokenHash,
  type MintedOpaqueToken,
  mintOpaqueToken,
  type OpaqueToken,
  type OpaqueTokenKind,
  opaqueTokenKinds,
  parseOpaqueToken,
  tokenFingerprint,
} from "./opaque-token.ts";
export { makePrivateDirectory } from "./private-directory.ts";
export { createPrivateKey25519, loadPrivateKey, openPrivateKey, toPem } from "./private-key.ts";
export { type ProcessLock, takeProcessLock } from "./process-lock.ts";
export {
  initRelayHome,
  openRelaySigner,
  type RelayHome,
  type RelayPaths,
  readRelayPin,
  readRelayTls,
  relayPaths,
} from "./relay-home.ts";
export {
  appendRevocation,
  leavingKey,
  machineLeft,
  type OpenedRevocations,
  openRevocations,
  parseRevocationKey,
  parseRevocations,
  type Revocation,
  revocationKeys,
} from "./revocations.ts";
export { writeSecretFile } from "./secret-file.ts";
export { openServerTls, renewServerTls, type ServerTls } from "./server-tls.ts";
export {
  defaultFleet,
  type MintContext,
  type MintedToken,
  mintMachineToken,
  mintOperatorToken,
  mintSessionToken,
  type TokenSigner,
  toPublicJwk,
} from "./tokens.ts";
export { claimedKeyId, verifyToken } from "./verify.ts";
export { watchFile } from "./watched-file.ts";
