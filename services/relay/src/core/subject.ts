// Who an operator is, whatever it is called. A name is chosen and shown; two accounts of one fleet may have the same.
import type { Principal } from "./parties.ts";

/** Of its account at the control plane. A token of the relay's own key has none: there the name is who it is for. */
export const subjectOf = ({ fleet, operator, credential }: Principal): readonly string[] =>
  credential.accountId === undefined ? [fleet, "name", operator] : [fleet, "account", credential.accountId];
