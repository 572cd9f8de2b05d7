import { createPrivateKey25519, rawPublicKey, signLinkProof } from "@cmdop/authority";
import { Failure, Scope, systemClock } from "@cmdop/base";
import type { TransportOptions } from "@cmdop/protocol/grpc";
import {
  createTestCertificates,
  FakeRelay,
  type FakeRelayOptions,
  FaultProxy,
  leakCheck,
  SeededRandom,
  type TestCertificates,
  waitFor,
} from "@cmdop/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { parseRelayAddress, type RelayAddress } from "../config.ts";
import { Link, type Order } from "./link.ts";
import type { Log } from "./log.ts";

const toAddress = (text: string): RelayAddress => {
  const address = parseRelayAddress(text);
  if (typeof address === "string") throw new Error(address);
  return address;
};

describe("the link to a relay", () => {
  let checkLeaks: () => Promise<void>;
  let certificates: TestCertificates;
  let scope: Scope;
  const identity = createPrivateKey25519();

  beforeAll(async () => {
    checkLeaks = leakCheck();
    certificates = await createTestCertificates();
    scope = new Scope();
  });
  afterEach(async () => {
    await scope.close();
    scope = new Scope();
  });
  afterAll(() => checkLeaks());

  const startRelay = async (options: FakeRelayOptions = {}): Promise<FakeRelay> => {
    const tls = { key: certificates.key, cert: certificates.cert };
    const relay = await FakeRelay.start({ tls, ...options });
    scope.add(() => relay.close());
    return relay;
  };

  interface Running {
    readonly link: Link;
    readonly orders: Order[];
    readonly events: string[];
    readonly ended: number[];
  }

  const startLink = (
    relays: readonly string[],
    options: { caPin?: string; token?: () => Promise<string>; transport?: TransportOptions } = {},
  ): Running => {
    const orders: Order[] = [];
    const events: string[] = [];
    const ended: number[] = [];
    const note = (_fields: unknown, event: string): void => void events.push(event);
    const log: Log = { info: note, warn: note, error: note };
    const link = new Link({
      clock: systemClock,
      random: new SeededRandom(5),
      log,
      relays: relays.map(toAddress),
      tls: { pinnedCa: options.caPin ?? certificates.caPin },
      readToken: options.token ?? (() => Promise.resolve("machine-token")),
      ...(options.transport ? { transport: options.transport } : {}),
      events: {
        register: ({ relayId, nonce }) => ({
          case: "register",
          value: {
            publicKey: rawPublicKey(identity),
            signature: signLinkProof(identity, relayId, nonce),
            facts: { hostname: "h" },
          },
        }),
        linked: () => {},
        order: (_attempt, order) => void orders.push(order),
        heartbeat: (answer) => answer({ case: "heartbeat", value: { sessions: 3 } }),
        ended: (attempt) => void ended.push(attempt),
        changed: () => {},
      },
    });
    scope.add(() => link.stop("the test is over"));
    link.dialNow();
    return { link, orders, events, ended };
  };

  it("proves the machine's key on the relay's nonce, and sends a heartbeat at once and again", async () => {
    const relay = await startRelay({ heartbeatIntervalMs: 1_000 });
    const { link } = startLink([relay.address]);
    const { token, isProven, register, heartbeats } = await relay.untilLinked();
    expect({ token, isProven, hostname: register?.facts?.hostname }).toEqual({
      token: "machine-token",
      isProven: true,
      hostname: "h",
    });
    await waitFor(() => heartbeats.length >= 2);
    expect(heartbeats[0]).toMatchObject({ sessions: 3 });
    expect(link.state.kind).toBe("linked");
  });

  it("sends no token to a relay whose authority is not the pinned one", async () => {
    const relay = await startRelay();
    const other = await createTestCertificates();
    let reads = 0;
    const { link } = startLink([relay.address], {
      caPin: other.caPin,
      token: () => {
        reads += 1;
        return Promise.resolve("machine-token");
      },
    });
    await waitFor(() => link.lastFailure?.code === "untrusted_relay");
    expect({ links: relay.links.length, reads }).toEqual({ links: 0, reads: 1 });
    expect(link.state).toMatchObject({ kind: "waiting" });
  });

  it("says nothing to a relay that listens without TLS", async () => {
    const relay = await FakeRelay.start();
    scope.add(() => relay.close());
    const { link } = startLink([relay.address]);
    await waitFor(() => link.lastFailure);
    expect(relay.links).toEqual([]);
  });

  it("refuses plaintext beyond loopback, whatever the configuration said", async () => {
    const events: string[] = [];
    const note = (fields: { code?: unknown }): void => void events.push(String(fields.code));
    const link = new Link({
      clock: systemClock,
      random: new SeededRandom(5),
      log: { info: note, warn: note, error: note },
      relays: [toAddress("192.0.2.1:1")],
      tls: "plaintext",
      readToken: () => Promise.reject(new Error("must not be read")),
      events: {
        register: () => ({ case: "register", value: {} }),
        linked: () => {},
        order: () => {},
        heartbeat: () => {},
        ended: () => {},
        changed: () => {},
      },
    });
    scope.add(() => link.stop("the test is over"));
    link.dialNow();
    await waitFor(() => link.lastFailure?.code === "plaintext_refused");
  });

  it("goes to the next relay of the list when one does not answer", async () => {
    const gone = await startRelay();
    const { address } = gone;
    await gone.close();
    const relay = await startRelay();
    const { link } = startLink([address, relay.address]);
    await relay.untilLinked();
    await waitFor(() => link.state.kind === "linked");
    expect(link.state).toMatchObject({ link: { relay: relay.address } });
  });

  it("dials again when the connection is reset", async () => {
    const relay = await startRelay();
    const proxy = await FaultProxy.open(relay.address);
    scope.add(() => proxy.close());
    const { ended } = startLink([proxy.address]);
    await relay.untilLinked();
    proxy.reset();
    await waitFor(() => ended.length === 1);
    await waitFor(() => relay.links.length === 2 && relay.linked === relay.links[1]);
  });

  it("finds a half-open connection out by itself, and dials again", async () => {
    const relay = await startRelay();
    const proxy = await FaultProxy.open(relay.address);
    scope.add(() => proxy.close());
    const keepalive = { keepaliveIntervalMs: 200, keepaliveTimeoutMs: 200, keepaliveSweepMs: 50 };
    const { link, ended } = startLink([proxy.address], { transport: keepalive });
    await relay.untilLinked();
    proxy.stall();
    await waitFor(() => ended.length >= 1, { timeoutMs: 5_000 });
    expect(link.lastFailure?.code).toBe("connection_lost");
    proxy.reset();
    proxy.resume();
    await waitFor(() => link.state.kind === "linked", { timeoutMs: 15_000 });
  });

  it("stops where it is refused for good, and tries at once when told that the token is new", async () => {
    const relay = await startRelay({ knobs: { refuses: new Failure("token_revoked") } });
    const tokens = ["old", "new"];
    const { link } = startLink([relay.address], { token: () => Promise.resolve(tokens.shift() ?? "") });
    await waitFor(() => link.lastFailure?.code === "token_revoked");
    const { state } = link;
    if (state.kind !== "waiting") throw new Error(state.kind);
    expect(state.retryAtMs - state.sinceMs).toBeGreaterThanOrEqual(30_000);
    relay.knobs.refuses = undefined;
    link.dialNow();
    expect((await relay.untilLinked()).token).toBe("new");
  });

  it("says so when the relay does not take its proof", async () => {
    const relay = await startRelay({ knobs: { rejects: new Failure("identity_unproven") } });
    const { link } = startLink([relay.address]);
    await waitFor(() => link.lastFailure?.code === "identity_unproven");
  });

  it("does not fight who took the machine over", async () => {
    const relay = await startRelay();
    const { link, events } = startLink([relay.address]);
    (await relay.untilLinked()).supersede();
    await waitFor(() => link.state.kind === "waiting");
    const { state } = link;
    if (state.kind !== "waiting") throw new Error(state.kind);
    expect(state.failure?.code).toBe("superseded");
    expect(state.retryAtMs - state.sinceMs).toBeGreaterThanOrEqual(30_000);
    expect(events).toContain("link.superseded");
  });

  it("hands orders on, from registered relays alone", async () => {
    const relay = await startRelay();
    const { orders, link } = startLink([relay.address]);
    const linked = await relay.untilLinked();
    linked.send({ case: "close", value: { orderId: 4n, sessionId: "s" } });
    await waitFor(() => orders.length === 1);
    expect(orders[0]?.case).toBe("close");

    const early = await startRelay({ knobs: { isSilent: true } });
    const second = startLink([early.address]);
    (await waitFor(() => early.links[0])).send({ case: "close", value: { orderId: 4n, sessionId: "s" } });
    await waitFor(() => second.link.lastFailure?.code === "unexpected_message");
    expect(second.orders).toEqual([]);
    expect(link.state.kind).toBe("linked");
  });

  it("moves before it leaves: two links for a while, then the new one", async () => {
    const first = await startRelay();
    const second = await startRelay();
    const { link, ended, orders } = startLink([first.address, second.address]);
    const old = await first.untilLinked();
    old.move(600);
    await second.untilLinked();
    await waitFor(() => link.state.kind === "linked");
    expect({ isOver: old.isOver, goodbye: old.goodbye, ended }).toEqual({
      isOver: false,
      goodbye: undefined,
      ended: [],
    });
    // Orders of the old relay still count while it lasts.
    old.send({ case: "home", value: { orderId: 9n, sessionId: "s", homeToken: "t" } });
    await waitFor(() => orders.length === 1);
    await waitFor(() => old.isOver, { timeoutMs: 8_000 });
    expect(link.state).toMatchObject({ kind: "linked", link: { relay: second.address } });
    expect(ended).toEqual([1]);
  });

  it("takes GOAWAY for a move", async () => {
    const first = await startRelay();
    const second = await startRelay();
    startLink([first.address, second.address]);
    const old = await first.untilLinked();
    void first.drain();
    await second.untilLinked();
    expect(old.isOver).toBe(false);
  });

  it("says goodbye, once, when it stops", async () => {
    const relay = await startRelay();
    const { link } = startLink([relay.address]);
    const linked = await relay.untilLinked();
    // The relay counts it as linked before its answer is here.
    await waitFor(() => link.state.kind === "linked");
    await link.stop("SIGTERM");
    await waitFor(() => linked.goodbye !== undefined);
    expect(linked.goodbye).toBe("SIGTERM");
    await waitFor(() => linked.isOver);
    expect(relay.links).toHaveLength(1);
    expect(link.state.kind).toBe("stopped");
  });

  it("ends a link whose relay sends what cannot be decoded, and dials again", async () => {
    const relay = await startRelay();
    const { link } = startLink([relay.address]);
    const linked = await relay.untilLinked();
    linked.sendRaw(Buffer.from([0, 0, 0, 0, 2, 0x0a, 0x7f]));
    await waitFor(() => link.lastFailure?.code === "malformed_message");
    await waitFor(() => relay.links.length === 2);
  });
});
