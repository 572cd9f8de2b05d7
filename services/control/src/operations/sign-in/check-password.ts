// Checks a password: counted first, slow, and as slow for an account that is not there.
import { Failure } from "@cmdop/base";
import type { Services } from "../../services.ts";
import type { AccountRow } from "../../store/identity/owners.ts";
import type { Attempt } from "../../store/identity/sign-in-throttle.ts";
import type { Actor, Origin } from "../../store/unit-of-work.ts";

export const checkPassword = async (
  services: Services,
  asked: {
    readonly operation: string;
    readonly account: AccountRow | undefined;
    readonly password: string;
    readonly attempt: Attempt;
    readonly actor: Actor;
    readonly origin: Origin;
  },
): Promise<AccountRow> => {
  const { account, attempt } = asked;
  await services.signInThrottle.enter(attempt);
  const isRight = await services.passwords.matches(asked.password, account?.password_hash ?? undefined);
  if (isRight && account && !account.disabled_at) return account;
  services.denials.record({
    actor: asked.actor,
    origin: asked.origin,
    operation: asked.operation,
    action: "account.sign_in",
    reason: "password",
    ...(account ? { target: { kind: "account", id: account.id } } : {}),
  });
  throw new Failure("sign_in_failed");
};
