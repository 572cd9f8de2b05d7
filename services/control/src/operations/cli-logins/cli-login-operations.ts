import type { Operation } from "../../operation.ts";
import { authorizeTerminal } from "./authorize-terminal.ts";
import { claimDeviceLogin } from "./claim-device-login.ts";
import { approveDeviceLogin, denyDeviceLogin } from "./decide-device-login.ts";
import { giveToken } from "./give-token.ts";
import { requestDeviceLogin } from "./request-device-login.ts";
import { takeTokenBack } from "./take-token-back.ts";

export const cliLoginOperations: readonly Operation[] = [
  authorizeTerminal,
  requestDeviceLogin,
  claimDeviceLogin,
  approveDeviceLogin,
  denyDeviceLogin,
  giveToken,
  takeTokenBack,
];
