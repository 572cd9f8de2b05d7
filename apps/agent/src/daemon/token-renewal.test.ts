import { Failure } from "@cmdop/base";
import { FakeClock, SeededRandom, waitFor } from "@cmdop/testkit";
import { describe, expect, it } from "vitest";
import { TokenRenewal } from "./token-renewal.ts";

const hourMs = 3_600_000;
const silent = { info: () => {}, warn: () => {}, error: () => {}, debug: () => {} };

const tokenOf = (issuedAtMs: number, expiresAtMs: number): string =>
  `e30.${Buffer.from(JSON.stringify({ iat: issuedAtMs / 1_000, exp: expiresAtMs / 1_000 })).toString("base64url")}.x`;

/** `aheadMs`: by how much the machine's clock is ahead of the control plane's, which `renew` is given. */
const open = async (
  renew: (nowMs: number) => { expiresAtMs: number } | undefined,
  token?: string,
  aheadMs = 0,
) => {
  const clock = new FakeClock();
  const at: number[] = [];
  const startMs = clock.wallMs();
  let written = token ?? tokenOf(startMs, startMs + hourMs);
  const renewal = new TokenRenewal({
    clock,
    random: new SeededRandom(1),
    log: silent as never,
    readToken: async () => written,
    renew: async () => {
      at.push(clock.wallMs() - startMs);
      const nowMs = clock.wallMs() - aheadMs;
      const renewed = renew(nowMs);
      if (renewed) written = tokenOf(nowMs, renewed.expiresAtMs);
      return renewed;
    },
  });
  await renewal.start();
  /** Until the next renewal is over and its successor armed. */
  const pass = async (ms: number, calls: number): Promise<void> => {
    await clock.advance(ms);
    await waitFor(() => at.length === calls);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { at, clock, pass, renewal };
};

describe("a machine's token", () => {
  it("is renewed at half of its time, again and again", async () => {
    const { at, pass, renewal } = await open((nowMs) => ({ expiresAtMs: nowMs + hourMs }));
    await pass(hourMs / 2 - 1, 0);
    await pass(1, 1);
    await pass(hourMs / 2, 2);
    expect(at).toEqual([hourMs / 2, hourMs]);
    renewal.close();
    await pass(hourMs, 2);
  });

  it("is renewed at half of its time by a machine whose clock is ahead by more than that", async () => {
    const { at, pass, renewal } = await open(
      (nowMs) => ({ expiresAtMs: nowMs + hourMs }),
      "nonsense",
      2 * hourMs,
    );
    await pass(0, 1);
    await pass(hourMs / 2, 2);
    expect(at).toEqual([0, hourMs / 2]);
    renewal.close();
  });

  it("is asked for at once when there is none that can be read", async () => {
    const { pass, renewal } = await open((nowMs) => ({ expiresAtMs: nowMs + hourMs }), "nonsense");
    await pass(0, 1);
    renewal.close();
  });

  it("is asked for at once when a relay says that it no longer holds, with growing waits while it goes on so", async () => {
    const { pass, renewal } = await open((nowMs) => ({ expiresAtMs: nowMs + hourMs }));
    const refused = (code: "token_revoked" | "draining") =>
      renewal.linkChanged({ isLinked: false, failure: new Failure(code) });
    refused("draining");
    await pass(10_000, 0);
    refused("token_revoked");
    await pass(200, 1);
    for (let calls = 2; calls <= 9; calls += 1) {
      refused("token_revoked");
      await pass(60_000, calls);
    }
    refused("token_revoked");
    await pass(25_000, 9);
    await pass(35_000, 10);
    renewal.linkChanged({ isLinked: true, failure: undefined });
    refused("token_revoked");
    await pass(200, 11);
    await pass(hourMs / 2, 12);
    renewal.close();
  });

  it("is asked for within a minute again while the control plane is away, after one when it refuses", async () => {
    const { at, pass, renewal } = await open(() => {
      throw new Failure(at.length < 9 ? "unavailable" : "machine_locked");
    }, "nonsense");
    await pass(0, 1);
    for (let calls = 2; calls <= 9; calls += 1) await pass(60_000, calls);
    await pass(59_999, 9);
    await pass(1, 10);
    renewal.close();
  });
});
