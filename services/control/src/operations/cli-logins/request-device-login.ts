import { Failure } from "@cmdop/base";
import { z } from "zod";
import { pollIntervalS, showUserCode } from "../../core/identity/device-grant.ts";
import { deviceGrantMs } from "../../core/identity/lifetimes.ts";
import { writeOperation } from "../../operation.ts";
import { clientSchema, toClientRow } from "../../store/identity/client-description.ts";
import { addDeviceGrant } from "../../store/identity/device-grants.ts";
import { assertClient, clientIdSchema } from "./oauth-client.ts";

const clientFields = clientSchema.shape;

export const requestDeviceLogin = writeOperation({
  id: "requestDeviceLogin",
  method: "POST",
  path: "/oauth/device_authorization",
  tag: "Terminal login",
  summary: "Begin the login of a terminal that has no browser (RFC 8628)",
  description:
    "The answer has no verification_uri_complete: the code is typed by whoever approves, and by nobody else.",
  access: { kind: "public", because: "it asks for something that a person then approves" },
  isOAuth: true,
  perMinute: 10,
  hasSecret: "everything",
  body: z.object({
    client_id: clientIdSchema,
    client_name: clientFields.name.default("cmdop"),
    hostname: clientFields.hostname,
    client_version: clientFields.version,
  }),
  answers: {
    200: z.object({
      device_code: z.string(),
      user_code: z.string(),
      verification_uri: z.string(),
      expires_in: z.number(),
      interval: z.number(),
    }),
  },
  handle: async ({ body, tx, services, origin }) => {
    assertClient(body.client_id);
    const { is_device_login_allowed: isAllowed } = await tx.db
      .selectFrom("installation")
      .select("is_device_login_allowed")
      .executeTakeFirstOrThrow();
    if (!isAllowed) throw new Failure("access_denied", "The owner has turned logins by device code off.");
    const client = toClientRow({
      name: body.client_name,
      hostname: body.hostname,
      version: body.client_version,
    });
    const grant = await addDeviceGrant(tx, services.random, { client, from: origin.ip });
    tx.audit({
      action: "device_login.request",
      target: { kind: "device_login", id: grant.id },
      body: { client },
    });
    return {
      status: 200,
      body: {
        device_code: grant.deviceCode,
        user_code: showUserCode(grant.userCode),
        verification_uri: `${services.addresses.publicUrl()}/device`,
        expires_in: deviceGrantMs / 1000,
        interval: pollIntervalS,
      },
    };
  },
});
