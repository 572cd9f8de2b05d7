// The login of a terminal: PKCE beside a browser (RFC 7636, RFC 8252), a device code without one (RFC 8628). What is
// awaited, printed and opened is the caller's.
import { Failure, isFailureCode } from "@cmdop/base";
import { parseControlUrl, toUnreachable } from "./control-address.ts";
import { createPinnedFetch } from "./pinned-fetch.ts";

export interface TerminalClient {
  /** The program's name. */
  readonly name: string;
  readonly hostname?: string;
  readonly version?: string;
}

export interface TerminalLogin {
  readonly token: string;
  readonly loginId: string;
  readonly fingerprint: string;
  readonly accountId: string;
  readonly accountName: string;
  readonly email: string;
}

export interface DeviceLogin {
  /** A secret. */
  readonly deviceCode: string;
  /** For a person to type at `verificationUrl`. */
  readonly userCode: string;
  readonly verificationUrl: string;
  readonly expiresInMs: number;
  readonly intervalMs: number;
}

export interface BrowserLogin {
  /** For a browser on this machine. */
  readonly url: string;
  /** What the redirect's query must hold. */
  readonly state: string;
  /** Exchanges the code of the redirect. */
  redeem(code: string, signal?: AbortSignal): Promise<TerminalLogin>;
}

export interface TerminalLogins {
  beginDevice(client: TerminalClient, signal?: AbortSignal): Promise<DeviceLogin>;
  /** Waits until somebody has decided. `access_denied`, `expired_token`. */
  awaitDevice(login: DeviceLogin, signal: AbortSignal): Promise<TerminalLogin>;
  /** `redirectUri`: `http://127.0.0.1:PORT/…`, listened on by the caller. */
  beginBrowser(client: TerminalClient, redirectUri: string): Promise<BrowserLogin>;
  /** Ends a login; also one that has ended. */
  revoke(token: string, signal?: AbortSignal): Promise<void>;
}

const clientId = "cmdop-cli";

export const createTerminalLogins = (options: {
  readonly url: string;
  readonly caPin?: string | undefined;
}): TerminalLogins => {
  const { origin, protocol } = parseControlUrl(options.url);
  const send = protocol === "https:" && options.caPin ? createPinnedFetch(options.caPin) : fetch;

  const post = async (
    at: string,
    fields: Readonly<Record<string, string | undefined>>,
    signal?: AbortSignal,
  ): Promise<Record<string, unknown>> => {
    const form = new URLSearchParams({ client_id: clientId });
    for (const [name, value] of Object.entries(fields)) if (value !== undefined) form.set(name, value);
    const answer = await send(
      new Request(`${origin}${at}`, {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: form.toString(),
        ...(signal ? { signal } : {}),
      }),
    ).catch((cause: unknown) => {
      if (signal?.aborted || cause instanceof Failure) throw cause;
      throw toUnreachable(cause, origin);
    });
    const body = parseBody(await answer.text());
    if (answer.ok && body) return body;
    throw toOAuthFailure(answer.status, body);
  };

  return {
    beginDevice: async (client, signal) => {
      const fields = { client_name: client.name, hostname: client.hostname, client_version: client.version };
      const body = await post("/oauth/device_authorization", fields, signal);
      return {
        deviceCode: String(body.device_code),
        userCode: String(body.user_code),
        verificationUrl: String(body.verification_uri),
        expiresInMs: Number(body.expires_in) * 1000,
        intervalMs: Number(body.interval) * 1000,
      };
    },
    awaitDevice: async (login, signal) => {
      let { intervalMs } = login;
      for (;;) {
        await pause(intervalMs, signal);
        try {
          const fields = {
            grant_type: "urn:ietf:params:oauth:grant-type:device_code",
            device_code: login.deviceCode,
          };
          return toLogin(await post("/oauth/token", fields, signal));
        } catch (error) {
          if (!(error instanceof Failure)) throw error;
          if (error.code === "slow_down") intervalMs += 5_000;
          // A control plane that is away for a moment loses no login: the code is good for minutes.
          else if (error.code !== "authorization_pending" && error.code !== "unavailable") throw error;
        }
      }
    },
    beginBrowser: async (client, redirectUri) => {
      const verifier = randomText();
      const state = randomText();
      const url = new URL("/oauth/authorize", origin);
      const parameters = {
        response_type: "code",
        client_id: clientId,
        redirect_uri: redirectUri,
        state,
        code_challenge: await challengeOf(verifier),
        code_challenge_method: "S256",
        client_name: client.name,
        ...(client.hostname === undefined ? {} : { hostname: client.hostname }),
      };
      for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
      return {
        url: url.href,
        state,
        redeem: async (code, signal) => {
          const fields = {
            grant_type: "authorization_code",
            code,
            redirect_uri: redirectUri,
            code_verifier: verifier,
          };
          return toLogin(await post("/oauth/token", fields, signal));
        },
      };
    },
    revoke: async (token, signal) => {
      await post("/oauth/revoke", { token }, signal);
    },
  };
};

const parseBody = (text: string): Record<string, unknown> | undefined => {
  if (text === "") return {};
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === "object" && body !== null ? { ...body } : undefined;
  } catch {
    return undefined;
  }
};

const toOAuthFailure = (status: number, body: Record<string, unknown> | undefined): Failure => {
  const code = String(body?.error ?? body?.code ?? "");
  const text = body?.error_description ?? body?.detail;
  if (isFailureCode(code)) return new Failure(code, typeof text === "string" ? text : undefined);
  if (code === "invalid_request") {
    return new Failure("invalid_argument", typeof text === "string" ? text : undefined);
  }
  return new Failure("unavailable", `What answers there does not sign in (HTTP ${status}).`);
};

const toLogin = (body: Record<string, unknown>): TerminalLogin => ({
  token: String(body.access_token),
  loginId: String(body.login_id),
  fingerprint: String(body.fingerprint),
  accountId: String(body.account_id),
  accountName: String(body.account_name),
  email: String(body.email),
});

const base64url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

const randomText = (): string => base64url(crypto.getRandomValues(new Uint8Array(32)));

const challengeOf = async (verifier: string): Promise<string> =>
  base64url(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier))));

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const aborted = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", aborted);
      resolve();
    }, ms);
    signal.addEventListener("abort", aborted, { once: true });
  });
