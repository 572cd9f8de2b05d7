import { Failure, systemClock, systemRandom } from "@cmdop/base";
import type { ChannelTls } from "@cmdop/protocol/grpc";
import type { Client, ClientOptions } from "./client.ts";
import { ChannelPool, parseRelay } from "./grpc-transport.ts";
import { RelayCalls } from "./relay-calls.ts";
import { RelayClient } from "./relay-client.ts";

const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);

const toTls = (options: ClientOptions, hosts: readonly string[]): ChannelTls => {
  if (options.allowPlaintextLoopback) {
    if (!hosts.every(isLoopback)) throw new Failure("plaintext_refused");
    return "plaintext";
  }
  const { ca } = options;
  if (!ca) return {};
  if ("pem" in ca) return { ca: ca.pem };
  if (!/^sha256:[A-Za-z0-9_-]{43}$/.test(ca.pin)) {
    throw new Failure("invalid_argument", 'A pin is "sha256:" and 43 base64url characters.');
  }
  return { pinnedCa: ca.pin };
};

/**
 * A client over gRPC. Does no I/O by itself. Throws a Failure: `not_configured` without a relay or a token,
 * `invalid_argument` for one that cannot be right, `plaintext_refused` for plaintext beyond loopback.
 */
export const createClient = (options: ClientOptions): Client => {
  const { clock = systemClock, random = systemRandom, token, getToken } = options;
  const relays = typeof options.relay === "string" ? [options.relay] : [...options.relay];
  if (relays.length === 0) throw new Failure("not_configured", "No relay is given.");
  const tls = toTls(
    options,
    relays.map((relay) => parseRelay(relay).host),
  );
  const pool = new ChannelPool({ tls, clock });
  const calls = new RelayCalls({
    pool,
    relays,
    clock,
    random,
    token: getToken ?? requireToken(token),
    fleet: options.fleet,
  });
  return new RelayClient({ relays, pool, calls, clock, random });
};

const requireToken = (token: string | undefined): (() => string) => {
  if (token === undefined || token === "") throw new Failure("not_configured", "No token is given.");
  return () => token;
};
