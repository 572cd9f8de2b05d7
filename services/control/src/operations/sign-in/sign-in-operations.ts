import type { Operation } from "../../operation.ts";
import { confirmSignIn } from "./confirm-sign-in.ts";
import { describeSignIn } from "./describe-sign-in.ts";
import { localSetupCode } from "./local-setup-code.ts";
import { localSignIn } from "./local-sign-in.ts";
import { localSignInCode } from "./local-sign-in-code.ts";
import { redeemPasswordReset } from "./redeem-password-reset.ts";
import { redeemSignInCode } from "./redeem-sign-in-code.ts";
import { setUp } from "./set-up.ts";
import { putSignInSettings } from "./sign-in-settings.ts";
import { beginOidc, finishOidc } from "./sign-in-with-oidc.ts";
import { beginPasskeySignIn, confirmWithPasskey, signInWithPasskey } from "./sign-in-with-passkey.ts";
import { signInWithPassword } from "./sign-in-with-password.ts";
import { signInWithSecondFactor } from "./sign-in-with-second-factor.ts";
import { signOut } from "./sign-out.ts";

export const signInOperations: readonly Operation[] = [
  localSignIn,
  localSignInCode,
  localSetupCode,
  describeSignIn,
  setUp,
  redeemSignInCode,
  redeemPasswordReset,
  putSignInSettings,
  signInWithPassword,
  signInWithSecondFactor,
  beginOidc,
  finishOidc,
  beginPasskeySignIn,
  signInWithPasskey,
  confirmSignIn,
  confirmWithPasskey,
  signOut,
];
