import { createHash } from "node:crypto";
import { Failure, randomBase62 } from "@cmdop/base";
import { z } from "zod";
import { authorizationCodeMs } from "../../core/identity/lifetimes.ts";
import { isLoopbackRedirect } from "../../core/identity/redirect-address.ts";
import { writeOperation } from "../../operation.ts";
import { clientSchema, toClientRow } from "../../store/identity/client-description.ts";
import { proofsOf, requireBrowser } from "./browser-approval.ts";
import { assertClient, clientIdSchema } from "./oauth-client.ts";

export const hashCode = (code: string): Buffer =>
  createHash("sha256").update(`authorization code\0${code}`).digest();

export const authorizeTerminal = writeOperation({
  id: "authorizeTerminal",
  method: "POST",
  path: "/v1/terminal-logins",
  tag: "Terminal login",
  summary: "Sign the terminal beside this browser in as yourself (RFC 8252, PKCE)",
  description: "What the page /oauth/authorize sends when its button is pressed.",
  access: { kind: "signed_in" },
  isFreshSignInNeeded: true,
  hasSecret: "everything",
  body: z.object({
    clientId: clientIdSchema,
    redirectUri: z.string().max(256),
    state: z.string().max(256),
    codeChallenge: z.string().regex(/^[A-Za-z0-9_-]{43}$/, "a SHA-256 in base64url is expected"),
    codeChallengeMethod: z.literal("S256"),
    client: clientSchema,
  }),
  answers: { 201: z.object({ redirectTo: z.string() }) },
  handle: async ({ body, tx, services, ...call }) => {
    const principal = requireBrowser(call);
    assertClient(body.clientId);
    if (!isLoopbackRedirect(body.redirectUri)) {
      throw new Failure("invalid_argument", "The login is sent to a port of 127.0.0.1 or [::1] alone.");
    }
    const code = randomBase62(43, services.random);
    const client = toClientRow(body.client);
    await tx.db.deleteFrom("authorization_codes").where("expires_at", "<", keptUntil(tx.nowMs)).execute();
    await tx.db
      .insertInto("authorization_codes")
      .values({
        hash: hashCode(code),
        account_id: principal.id,
        redirect_uri: body.redirectUri,
        code_challenge: body.codeChallenge,
        client: JSON.stringify(client),
        ...(await proofsOf(tx.db, principal)),
        created_at: tx.now,
        expires_at: new Date(tx.nowMs + authorizationCodeMs),
        credential_id: null,
      })
      .execute();
    tx.audit({
      action: "terminal_login.approve",
      target: { kind: "account", id: principal.id },
      body: { client },
    });
    const to = new URL(body.redirectUri);
    to.searchParams.set("code", code);
    to.searchParams.set("state", body.state);
    to.searchParams.set("iss", services.addresses.publicUrl());
    return { status: 201, body: { redirectTo: to.href } };
  },
});

/** Longer than they are good: a code that comes a second time is recognized. */
const keptUntil = (nowMs: number): Date => new Date(nowMs - 24 * 3_600_000);
