import { hashOpaqueToken, parseOpaqueToken } from "@cmdop/authority";
import { z } from "zod";
import { writeOperation } from "../../operation.ts";
import { revokeCredentials } from "../../store/keys/revoked-credentials.ts";
import { assertClient, clientIdSchema } from "./oauth-client.ts";

export const takeTokenBack = writeOperation({
  id: "takeTokenBack",
  method: "POST",
  path: "/oauth/revoke",
  tag: "Terminal login",
  summary: "End a terminal's login (RFC 7009)",
  description: "The answer is the same for what was no login, or is none any more.",
  access: { kind: "public", because: "whoever has the token may end it" },
  isOAuth: true,
  perMinute: 30,
  body: z.object({
    client_id: clientIdSchema,
    token: z.string().max(256),
    token_type_hint: z.string().max(64).optional(),
  }),
  answers: { 200: null },
  handle: async ({ body, tx }) => {
    assertClient(body.client_id);
    const isLogin = parseOpaqueToken(body.token)?.kind === "cli";
    const ended = isLogin
      ? await revokeCredentials(
          tx,
          (row) => row.and([row("hash", "=", hashOpaqueToken(body.token)), row("kind", "=", "cli")]),
          "signed out",
        )
      : [];
    if (ended.length === 0) {
      tx.audit({ action: "credential.revoke", outcome: "denied", reason: "no live login", body: {} });
    }
    return { status: 200 };
  },
});
