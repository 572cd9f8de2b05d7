import type { Operation } from "../../operation.ts";
import { localSignIn } from "./local-sign-in.ts";
import { localSignInCode } from "./local-sign-in-code.ts";
import { redeemSignInCode } from "./redeem-sign-in-code.ts";

export const signInOperations: readonly Operation[] = [localSignIn, localSignInCode, redeemSignInCode];
