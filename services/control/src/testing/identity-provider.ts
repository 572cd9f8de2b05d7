import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
// @ts-expect-error It comes without types.
import Provider from "oidc-provider";

/** A real OpenID Connect provider (https://www.npmjs.com/package/oidc-provider) on loopback, with its development sign-in. */
export class TestIdentityProvider {
  readonly clientId = "cmdop";
  readonly clientSecret = "the secret of the client there";
  readonly issuer: string;
  /** By subject. Whoever is called mallory has an address that nobody vouches for. */
  readonly groups = new Map<string, readonly string[]>();
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async open(redirectUri: string): Promise<TestIdentityProvider> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const identity = new TestIdentityProvider(server);
    const provider = new Provider(identity.issuer, {
      clients: [
        {
          client_id: identity.clientId,
          client_secret: identity.clientSecret,
          redirect_uris: [redirectUri],
          token_endpoint_auth_method: "client_secret_post",
        },
      ],
      scopes: ["openid", "email", "profile", "groups"],
      claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"], groups: ["groups"] },
      conformIdTokenClaims: false,
      pkce: { required: () => true },
      cookies: { keys: ["a key of the test"] },
      features: { devInteractions: { enabled: true } },
      findAccount: (_context: unknown, id: string) => ({
        accountId: id,
        claims: () => ({
          sub: id,
          email: `${id}@example.com`,
          email_verified: id !== "mallory",
          name: id.toUpperCase(),
          groups: [...(identity.groups.get(id) ?? [])],
        }),
      }),
    });
    server.on("request", provider.callback());
    return identity;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
