import type { Operation } from "../../operation.ts";
import { createKey } from "./create-key.ts";
import { getKey, listKeys } from "./read-keys.ts";
import { reportLeakedKey } from "./report-leaked-key.ts";
import { revokeKey } from "./revoke-key.ts";
import { rotateKey } from "./rotate-key.ts";
import { updateKey } from "./update-key.ts";

export const keyOperations: readonly Operation[] = [
  createKey,
  listKeys,
  getKey,
  updateKey,
  rotateKey,
  revokeKey,
  reportLeakedKey,
];
