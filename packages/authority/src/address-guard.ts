// Which addresses may be dialed where a caller says whither: a provider that they brought, a webhook. The check stands in the dialer: it sees every
// connection, with the very addresses that are dialed, so that neither a name that resolves anew nor another way in
// gets past it.
import type { LookupAddress, LookupOptions } from "node:dns";
import { lookup as resolve } from "node:dns";
import ipaddr from "ipaddr.js";

/** The address is private, special or not allowed. Says nothing of what was resolved: that would map our network. */
export class AddressRefused extends Error {}

/** Ranges that the operator allows all the same, as in "10.1.0.0/16". */
export type AllowedRanges = () => readonly string[];

/** Whether `address` is on the public internet, or in a range that is allowed. */
export const isDialable = (address: string, allowed: readonly string[]): boolean => {
  if (!ipaddr.isValid(address)) return false;
  // IPv4 inside IPv6 is judged as IPv4.
  const parsed = ipaddr.process(address);
  if (parsed.range() === "unicast" && isGlobal(parsed)) return true;
  return allowed.some((range) => {
    const [network, bits] = ipaddr.parseCIDR(range);
    return parsed.kind() === network.kind() && parsed.match(network, bits);
  });
};

const globalIpv6 = ipaddr.IPv6.parseCIDR("2000::/3");

/** Of IPv6 one range alone is given out (https://www.iana.org/assignments/ipv6-address-space); `::7f00:1` is 127.0.0.1. */
const isGlobal = (address: ipaddr.IPv4 | ipaddr.IPv6): boolean =>
  address.kind() === "ipv4" || address.match(globalIpv6);

/** The literal in a URL's host; undefined: it is a name. WHATWG URLs have every odd spelling of an IPv4 in its one form. */
const literalOf = (hostname: string): string | undefined => {
  const bare = hostname.replace(/^\[|\]$/g, "");
  return ipaddr.isValid(bare) ? bare : undefined;
};

/** Names go through the lookup; a literal is dialed without one and is checked here. */
export const checkUrl = (url: URL, allowed: readonly string[]): void => {
  const literal = literalOf(url.hostname);
  const isPlain = url.protocol === "http:";
  const isLiteralAllowed = literal !== undefined && allowed.length > 0 && isDialable(literal, allowed);
  // Without TLS a key would be readable on the way: only into ranges that the operator named.
  if (isPlain && !(isLiteralAllowed && !isDialable(literal, [])))
    throw new AddressRefused("the address is refused");
  if (literal !== undefined && !isDialable(literal, allowed))
    throw new AddressRefused("the address is refused");
};

type Callback = (error: Error | null, address: string | LookupAddress[], family?: number) => void;

export type Resolve = (
  hostname: string,
  options: { readonly all: true },
  callback: (error: Error | null, addresses: LookupAddress[]) => void,
) => void;

/** A lookup for sockets: one address that may not be dialed refuses the name. */
export const createGuardedLookup =
  (allowed: AllowedRanges, resolveAll: Resolve = resolve) =>
  (hostname: string, options: LookupOptions, callback: Callback): void => {
    resolveAll(hostname, { all: true }, (error, addresses) => {
      const [first] = addresses ?? [];
      if (error || !first) return callback(error ?? new Error("no address"), "");
      const ranges = allowed();
      if (!addresses.every(({ address }) => isDialable(address, ranges))) {
        return callback(new AddressRefused("the address is refused"), "");
      }
      if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
