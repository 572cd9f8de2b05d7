import type { Operation } from "../../operation.ts";
import { createJoinToken } from "./create-join-token.ts";
import { listJoinTokens } from "./list-join-tokens.ts";
import { localCreateJoinToken } from "./local-create-join-token.ts";
import { revokeJoinToken } from "./revoke-join-token.ts";

export const joinTokenOperations: readonly Operation[] = [
  createJoinToken,
  localCreateJoinToken,
  listJoinTokens,
  revokeJoinToken,
];
