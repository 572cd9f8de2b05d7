import type { Operation } from "../../operation.ts";
import { changeAccount } from "./change-account.ts";
import { endLogin, endOtherLogins } from "./end-logins.ts";
import { beginLink, listIdentities, unlinkIdentity } from "./identities.ts";
import { getAccount, listAccounts } from "./list-accounts.ts";
import { listLogins } from "./list-logins.ts";
import { listSignIns } from "./list-sign-ins.ts";
import { addPasskey, beginPasskey, listPasskeys, removePasskey, updatePasskey } from "./passkeys.ts";
import { createAccount, offerPasswordReset } from "./reset-password.ts";
import { setPassword } from "./set-password.ts";
import { beginTotp, newBackupCodes, putTotp, removeTotp } from "./totp.ts";
import { whoAmI } from "./who-am-i.ts";

export const accountOperations: readonly Operation[] = [
  whoAmI,
  listLogins,
  endLogin,
  endOtherLogins,
  setPassword,
  listPasskeys,
  beginPasskey,
  addPasskey,
  updatePasskey,
  removePasskey,
  beginTotp,
  putTotp,
  removeTotp,
  newBackupCodes,
  listIdentities,
  beginLink,
  unlinkIdentity,
  listSignIns,
  listAccounts,
  getAccount,
  createAccount,
  changeAccount,
  offerPasswordReset,
];
