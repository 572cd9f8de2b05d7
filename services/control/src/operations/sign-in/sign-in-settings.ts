import { z } from "zod";
import { writeOperation } from "../../operation.ts";

const settingsSchema = z
  .object({ deviceLogin: z.boolean().describe("Whether terminals without a browser may sign in by a code") })
  .meta({ id: "SignInSettings" });

export const putSignInSettings = writeOperation({
  id: "putSignInSettings",
  method: "PUT",
  path: "/v1/sign-in/settings",
  tag: "Sign-in",
  summary: "How people may sign in here (GET /v1/sign-in says what holds)",
  access: { kind: "installation", right: "identity:manage" },
  isFreshSignInNeeded: true,
  body: settingsSchema,
  answers: { 200: settingsSchema },
  handle: async ({ body, tx }) => {
    await tx.db.updateTable("installation").set({ is_device_login_allowed: body.deviceLogin }).execute();
    tx.audit({ action: "installation.sign_in_settings", body: { deviceLogin: body.deviceLogin } });
    return { status: 200, body };
  },
});
