import type { Operation } from "../../operation.ts";
import { endLogin, endOtherLogins } from "./end-logins.ts";
import { listLogins } from "./list-logins.ts";
import { setPassword } from "./set-password.ts";
import { beginTotp, newBackupCodes, putTotp, removeTotp } from "./totp.ts";
import { whoAmI } from "./who-am-i.ts";

export const accountOperations: readonly Operation[] = [
  whoAmI,
  listLogins,
  endLogin,
  endOtherLogins,
  setPassword,
  beginTotp,
  putTotp,
  removeTotp,
  newBackupCodes,
];
