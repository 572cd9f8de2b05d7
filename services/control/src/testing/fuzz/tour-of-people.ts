// Accounts, sign-in in all its forms, logins of terminals.
import { createHash, randomBytes } from "node:crypto";
import path from "node:path";
import { askLocalControl } from "@cmdop/authority";
import { SoftwareAuthenticator } from "@cmdop/testkit";
import { TOTP } from "otpauth";
import { cookieOf, type TestAnswer } from "../control-fixture.ts";
import type { TestIdentityProvider } from "../identity-provider.ts";
import { TestBrowser } from "../test-browser.ts";
import type { Tour } from "./tour.ts";

const password = "correct horse battery";
const clientId = "cmdop-cli";
const codeIn = (url: string): string => new URL(url).hash.replace("#code=", "");

export const tourOfPeople = async (tour: Tour, identity: TestIdentityProvider): Promise<void> => {
  const { fixture } = tour;
  await tour.take("describeSignIn");
  const email = "tour@example.org";
  const setUp = { code: codeIn(await fixture.setupUrl()), email, name: "Tour", password };
  let cookie = cookieOf(await tour.answer("setUp", { body: setUp }));
  await tour.take("signInWithPassword", { body: { email, password } });
  const me = await tour.take("whoAmI", { cookie });
  await tour.take("listLogins", { cookie });
  await tour.take("listSignIns", { cookie });
  await tour.take("confirmSignIn", { cookie, body: { password } });
  await tour.take("putSignInSettings", { cookie, body: { deviceLogin: true } });

  const other = await fixture.openBrowser(me.id);
  const { credential } = await tour.take("whoAmI", { cookie: other });
  await tour.take("endLogin", { cookie, path: { login: credential.id } });
  await tour.take("endOtherLogins", { cookie });
  await tour.take("signOut", { cookie: await fixture.openBrowser(me.id) });

  const authenticator = new SoftwareAuthenticator(`http://localhost:${fixture.control.port}`);
  const begun = await tour.take("beginPasskey", { cookie });
  const passkey = await tour.take("addPasskey", {
    cookie,
    body: { challenge: begun.challenge, name: "Laptop", response: authenticator.register(begun.options) },
  });
  await tour.take("listPasskeys", { cookie });
  const signingIn = await tour.take("beginPasskeySignIn");
  await tour.take("signInWithPasskey", {
    body: { challenge: signingIn.challenge, response: authenticator.signIn(signingIn.options) },
  });
  const confirming = await tour.take("beginPasskeySignIn");
  await tour.take("confirmWithPasskey", {
    cookie,
    body: { challenge: confirming.challenge, response: authenticator.signIn(confirming.options) },
  });
  await tour.take("updatePasskey", { cookie, path: { passkey: passkey.id }, body: { name: "Desk" } });
  await tour.take("removePasskey", { cookie, path: { passkey: passkey.id } });

  const enrolment = await tour.take("beginTotp", { cookie });
  const app = new TOTP({ secret: enrolment.secret });
  await tour.take("putTotp", { cookie, body: { challenge: enrolment.challenge, code: app.generate() } });
  const { backupCodes } = await tour.take("newBackupCodes", { cookie });
  const half = await tour.take("signInWithPassword", { body: { email, password } });
  await tour.take("signInWithSecondFactor", {
    body: { challenge: half.challenge, factor: { kind: "backup_code", code: backupCodes[0] } },
  });
  await tour.take("removeTotp", { cookie });

  const provider = await tour.take("createIdentityProvider", {
    cookie,
    body: {
      ...{ name: "Them", slug: "them", issuer: identity.issuer, signUp: true },
      ...{ clientId: identity.clientId, clientSecret: identity.clientSecret },
    },
  });
  const comeBack = async (begun: TestAnswer, url: string, login: string, signedIn = ""): Promise<void> => {
    const callback = new URL(await new TestBrowser(fixture).through(url, login));
    const [trip = ""] = String(begun.headers["set-cookie"]).split(";");
    await tour.take("finishOidc", {
      cookie: `${signedIn}; ${trip}`,
      query: Object.fromEntries(callback.searchParams),
    });
  };
  const signIn = await tour.answer("beginOidc", { path: { provider: "them" } });
  await comeBack(signIn, String(signIn.headers.location), "grace");
  const link = await tour.answer("beginLink", { cookie, body: { provider: "them" } });
  await comeBack(link, link.body.url, "ada", cookie);
  await tour.take("listIdentities", { cookie });
  await tour.take("unlinkIdentity", { cookie, path: { provider: provider.id } });
  await tour.take("setPassword", { cookie, body: { password: "another horse battery" } });

  const carol = await tour.take("createAccount", {
    cookie,
    body: { email: "carol@example.org", name: "Carol" },
  });
  const at = { account: carol.account.id };
  await tour.take("listAccounts", { cookie });
  const got = await tour.answer("getAccount", { cookie, path: at });
  await tour.take("changeAccount", {
    cookie,
    path: at,
    ifMatch: got.headers.etag,
    body: { name: "Caroline" },
  });
  const reset = await tour.take("offerPasswordReset", { cookie, path: at, body: {} });
  await tour.take("redeemPasswordReset", { body: { code: codeIn(reset.url), password } });
  const socket = path.join(fixture.home, "control", "control.sock");
  const { url } = await askLocalControl(socket, "POST", "/local/v1/sign-in-codes", { body: {} });
  await tour.take("redeemSignInCode", { body: { code: codeIn(String(url)) } });

  cookie = await fixture.openBrowser(me.id);
  const verifier = randomBytes(32).toString("base64url");
  const redirectUri = "http://127.0.0.1:41234/callback";
  const allowed = await tour.take("authorizeTerminal", {
    cookie,
    body: {
      ...{ clientId, redirectUri, state: "state", codeChallengeMethod: "S256" },
      codeChallenge: createHash("sha256").update(verifier).digest("base64url"),
      client: { name: "cmdop", hostname: "laptop" },
    },
  });
  const login = await tour.take("giveToken", {
    body: {
      grant_type: "authorization_code",
      client_id: clientId,
      code: new URL(allowed.redirectTo).searchParams.get("code"),
      redirect_uri: redirectUri,
      code_verifier: verifier,
    },
  });
  await tour.take("takeTokenBack", { body: { client_id: clientId, token: login.access_token } });
  for (const decision of ["approveDeviceLogin", "denyDeviceLogin"]) {
    const device = await tour.take("requestDeviceLogin", {
      body: { client_id: clientId, hostname: "web-1" },
    });
    const { id } = await tour.take("claimDeviceLogin", { cookie, body: { userCode: device.user_code } });
    await tour.take(decision, { cookie, path: { login: id } });
  }
};
