import type { LookupAddress } from "node:dns";
import { describe, expect, it } from "vitest";
import { AddressRefused, checkUrl, createGuardedLookup, isDialable } from "./address-guard.ts";

describe("an address", () => {
  it.each(["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111"])("%s is dialed", (address) => {
    expect(isDialable(address, [])).toBe(true);
  });

  it.each([
    "127.0.0.1",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "192.0.2.1",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "fc00::1",
    "fe80::1",
    "ff02::1",
    "2001:db8::1",
    "::7f00:1",
    "::a00:1",
    "1::1",
    "nonsense",
  ])("%s is not", (address) => {
    expect(isDialable(address, [])).toBe(false);
  });

  it("is dialed in a range that the operator allows, and only there", () => {
    expect(
      ["10.1.2.3", "10.2.0.1", "::ffff:10.1.0.1", "::1"].map((address) =>
        isDialable(address, ["10.1.0.0/16"]),
      ),
    ).toEqual([true, false, true, false]);
  });
});

describe("a provider's URL", () => {
  const isRefused = (url: string, allowed: readonly string[] = []): boolean => {
    try {
      checkUrl(new URL(url), allowed);
      return false;
    } catch (error) {
      return error instanceof AddressRefused;
    }
  };

  it.each([
    "http://example.org/v1",
    "http://1.1.1.1/v1",
    "https://127.0.0.1/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://[::1]/",
    "https://[::ffff:7f00:1]/",
  ])("%s is refused", (url) => {
    expect(isRefused(url)).toBe(true);
  });

  it("is taken with TLS, and without it in an allowed range alone", () => {
    expect(isRefused("https://example.org/v1")).toBe(false);
    expect(isRefused("http://127.0.0.1:8080/v1", ["127.0.0.0/8"])).toBe(false);
    expect(isRefused("http://1.1.1.1/v1", ["127.0.0.0/8"])).toBe(true);
  });
});

describe("a name", () => {
  const ask = (addresses: readonly string[], all: boolean) =>
    new Promise((settle) => {
      const found: LookupAddress[] = addresses.map((address) => ({
        address,
        family: address.includes(":") ? 6 : 4,
      }));
      const lookup = createGuardedLookup(
        () => [],
        (_hostname, _options, callback) => callback(null, found),
      );
      lookup("example.org", { all }, (error, address) => settle(error ?? address));
    });

  it("is dialed at the addresses that were checked", async () => {
    expect(await ask(["1.1.1.1"], false)).toBe("1.1.1.1");
    expect(await ask(["1.1.1.1", "2606:4700::1"], true)).toEqual([
      { address: "1.1.1.1", family: 4 },
      { address: "2606:4700::1", family: 6 },
    ]);
  });

  it.each([[["127.0.0.1"]], [["1.1.1.1", "10.0.0.1"]], [[]]])("with %o is refused", async (addresses) => {
    expect(await ask(addresses, true)).toBeInstanceOf(Error);
  });
});
