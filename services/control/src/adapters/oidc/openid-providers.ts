// Outside identity providers by OpenID Connect: discovery, authorization code with PKCE, state and nonce.
import { LRUCache } from "lru-cache";
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  ClientSecretPost,
  type Configuration,
  calculatePKCECodeChallenge,
  discovery,
  None,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from "openid-client";
import type { OidcClient, OidcProviders } from "../../ports.ts";

/** Keys and addresses of a provider are read anew so often. */
const keepMs = 10 * 60_000;
const timeoutS = 10;

export const createOpenidProviders = (): OidcProviders => {
  const known = new LRUCache<string, Promise<Configuration>>({ max: 64, ttl: keepMs });

  const open = (client: OidcClient): Promise<Configuration> => {
    const key = JSON.stringify([client.issuer, client.clientId, client.clientSecret]);
    const found = known.get(key);
    if (found) return found;
    const issuer = new URL(client.issuer);
    const opened = discovery(
      issuer,
      client.clientId,
      {},
      client.clientSecret === undefined ? None() : ClientSecretPost(client.clientSecret),
      {
        timeout: timeoutS,
        // Plain HTTP only to this machine itself.
        execute: issuer.protocol === "http:" && isLoopback(issuer.hostname) ? [allowInsecureRequests] : [],
      },
    );
    known.set(key, opened);
    // What failed is tried anew.
    opened.catch(() => known.delete(key));
    return opened;
  };

  return {
    begin: async (client, redirectUri) => {
      const configuration = await open(client);
      const checks = { state: randomState(), nonce: randomNonce(), verifier: randomPKCECodeVerifier() };
      const url = buildAuthorizationUrl(configuration, {
        redirect_uri: redirectUri,
        scope: client.scopes.join(" "),
        code_challenge: await calculatePKCECodeChallenge(checks.verifier),
        code_challenge_method: "S256",
        state: checks.state,
        nonce: checks.nonce,
      });
      return { url: url.href, checks };
    },
    finish: async (client, callbackUrl, checks) => {
      const tokens = await authorizationCodeGrant(await open(client), new URL(callbackUrl), {
        expectedState: checks.state,
        expectedNonce: checks.nonce,
        pkceCodeVerifier: checks.verifier,
        idTokenExpected: true,
      });
      const claims = tokens.claims();
      if (!claims) throw new Error("a token answer without an ID token");
      return claims;
    },
  };
};

const isLoopback = (host: string): boolean => /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(host);
