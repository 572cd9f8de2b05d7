import { describe, expect, it } from "vitest";
import { Bench, codeOf, facts, hosted, principal, sessionA } from "./simulation/bench.ts";

const isId = (id: string) => (ids: readonly string[]) => ids.includes(id);

describe("attaching", () => {
  it("needs a ticket for this very session", () => {
    const bench = new Bench();
    bench.link();
    const attempts = [
      bench.tryAttach({ principal: principal() }),
      bench.tryAttach({ principal: principal({ session: "ses_other" }) }),
      bench.tryAttach(),
    ];
    expect(attempts.map(codeOf)).toEqual(["permission_denied", "permission_denied", "done"]);
  });

  it("waits for a session that the relay does not know yet, and gets it when the agent comes", () => {
    const bench = new Bench();
    const early = bench.attach({ fromOffset: 40 });
    expect(early.news()).toEqual([]);
    const link = bench.link({ sessions: [hosted({ offset: 40 })] });
    expect(early.news()).toEqual(["attached", "lease", "presence", "status waiting"]);
    const home = bench.home(link, { offset: 40 });
    home.output(10);
    expect(early.news().filter((each) => /output|live/.test(each))).toEqual(["status live", "output 40-50"]);
  });

  it.each([
    ["can be tried again while the relay is young", 0, "session_unreachable"],
    ["is over when it is not", 60_000, "session_not_found"],
  ])("waits for an unknown session ten seconds, which %s", (_, ageMs, expected) => {
    const bench = new Bench();
    bench.pass(ageMs);
    const attachment = bench.attach();
    bench.pass(9000);
    expect(attachment.ended).toBeUndefined();
    bench.pass(2000);
    expect(attachment.ended).toBe(expected);
  });

  it("waits in bounded number, forgets who left, and never shows another fleet's session", () => {
    const bench = new Bench({ arrivalsMax: 2 });
    const theirs = bench.attach({ principal: principal({ session: sessionA, fleet: "g" }) });
    const left = bench.attach();
    expect(codeOf(bench.tryAttach())).toBe("too_many_connections");
    left.handle.closed();
    bench.link();
    expect([theirs.news(), left.news(), bench.core.stats().attachments]).toEqual([[], [], 0]);
    expect(theirs.ended).toBeUndefined();
  });

  it("is limited in rate per operator, with the time to wait", () => {
    const bench = new Bench({ attachesBurst: 3, attachesPerSecond: 10 });
    bench.link();
    const attempts = Array.from({ length: 4 }, () => bench.tryAttach());
    expect(attempts.map(codeOf)).toEqual(["done", "done", "done", "rate_limited"]);
    expect(attempts[3]).toMatchObject({ retryAfterMs: 100 });
    expect(codeOf(bench.tryAttach({ principal: principal({ session: sessionA, operator: "bob" }) }))).toBe(
      "done",
    );
    bench.pass(100);
    expect(codeOf(bench.tryAttach())).toBe("done");
  });

  it("counts the rate by account, not by the name that two may share", () => {
    const bench = new Bench({ attachesBurst: 1 });
    bench.link();
    const attempts = ["acc_1", "acc_2", "acc_1"].map((accountId) => {
      const credential = { ids: [], limitMs: undefined, accountId };
      return bench.tryAttach({ principal: principal({ session: sessionA, credential }) });
    });
    expect(attempts.map(codeOf)).toEqual(["done", "done", "rate_limited"]);
  });

  it("does nothing after the stream is closed", () => {
    const bench = new Bench();
    const home = bench.home(bench.link());
    const attachment = bench.attach({ fromOffset: 0 });
    attachment.handle.closed();
    attachment.news();
    attachment.handle.receive({ kind: "ack", offset: 10 });
    attachment.handle.closed();
    home.output(10);
    bench.pass(1000);
    expect([attachment.news(), attachment.ended, bench.core.stats().attachments]).toEqual([[], undefined, 0]);
  });
});

describe("looking up", () => {
  it("is limited in rate per operator, whether lists or names for a ticket, apart from its attaches", () => {
    const bench = new Bench({ lookupsBurst: 3, lookupsPerSecond: 10, attachesBurst: 1 });
    bench.link();
    const page = { pageSize: 0, pageToken: "" };
    const list = (who = principal()) =>
      bench.core.listSessions(who, { includeEnded: true, machine: "", ...page });
    const find = () => bench.core.findSession(principal(), "work");
    const machines = () => bench.core.listMachines(principal(), page);
    const refused = [list(), find(), machines(), list(), find(), machines()];
    expect(refused.map(codeOf)).toEqual(["done", "done", "done", ...Array(3).fill("rate_limited")]);
    expect(refused[3]).toMatchObject({ retryAfterMs: 100 });
    expect([list(principal({ operator: "bob" })), bench.tryAttach()].map(codeOf)).toEqual(["done", "done"]);
    bench.pass(100);
    expect(codeOf(list())).toBe("done");
  });
});

describe("revocation", () => {
  it("ends at once the attachments and arrivals that the predicate names, and nothing else", () => {
    const bench = new Bench();
    bench.link();
    const credential = { ids: ["jti-bob", "sub:bob"], limitMs: undefined };
    const bob = bench.attach({ principal: principal({ session: sessionA, operator: "bob", credential }) });
    const waiting = bench.attach({
      sessionId: "ses_B",
      principal: principal({ session: "ses_B", operator: "bob", credential }),
    });
    const anna = bench.attach();
    expect(bench.core.revoke(isId("sub:bob"))).toBe(2);
    expect([bob.ended, waiting.ended, anna.ended]).toEqual(["token_revoked", "token_revoked", undefined]);
    expect(bench.core.revoke(isId("sub:bob"))).toBe(0);
  });

  it("ends a machine's link with its homes; operators wait", () => {
    const bench = new Bench();
    const link = bench.link();
    const home = bench.home(link);
    const attachment = bench.attach();
    bench.core.revoke(isId("mch_1"));
    expect([link.ended, home.ended, attachment.ended]).toEqual([
      "token_revoked",
      "machine_offline",
      undefined,
    ]);
    expect(attachment.news().at(-1)).toBe("status lost");
  });

  it("of a machine that has left its fleet: nothing of it is found any more, whether it was linked or away", () => {
    const bench = new Bench();
    const linked = bench.link({ leavingKey: "left-1" });
    const attachment = bench.attach();
    const away = { machineId: "mch_2", name: "box-2", facts: { ...facts, hostname: "host-2" } };
    bench.link({ ...away, sessions: [], leavingKey: "left-2" }).handle.goodbye();
    bench.link({ machineId: "mch_3", name: "box-3", sessions: [], leavingKey: "left-3" });
    const candidates = () => {
      const page = bench.core.listMachines(principal(), { pageSize: 0, pageToken: "" });
      return "items" in page ? page.items.map(({ name }) => name) : page.code;
    };
    expect(candidates()).toEqual(["box", "box-2", "box-3"]);
    const left = new Set(["left-1", "left-2"]);
    const standing = (key: string) => (left.has(key) ? "left" : "there");
    bench.core.forgetMachines(standing);
    expect(candidates()).toEqual(["box-3"]);
    expect([linked.ended, attachment.ended]).toEqual(["token_revoked", "session_not_found"]);
    expect(codeOf(bench.core.findSession(principal(), sessionA))).toBe("session_not_found");
    // What its stream says when it ends, and a machine that comes back with a credential that is newer.
    linked.handle.closed();
    bench.link({ leavingKey: "left-4" });
    bench.core.forgetMachines(standing);
    expect(candidates()).toEqual(["box", "box-3"]);
  });

  it("of which it is not known whether it has left: it is listed for three minutes, unless it links again", () => {
    const bench = new Bench();
    const gone = bench.link({ leavingKey: "left-1" });
    bench.link({ machineId: "mch_2", name: "box-2", sessions: [], leavingKey: "left-2" });
    const machines = () => {
      const page = bench.core.listMachines(principal(), { pageSize: 0, pageToken: "" });
      return "items" in page ? page.items.map(({ name }) => name) : page.code;
    };
    bench.core.revoke(isId("mch_1"));
    bench.core.forgetMachines(() => "unknown");
    expect(gone.ended).toBe("token_revoked");
    bench.link({ machineId: "mch_2", name: "box-2", sessions: [], leavingKey: "left-3" }).handle.goodbye();
    bench.pass(170_000);
    expect(machines()).toEqual(["box", "box-2"]);
    bench.pass(20_000);
    expect(machines()).toEqual(["box-2"]);
  });
});

describe("draining", () => {
  it("asks everybody to move, refuses what is new, and lets what runs run on", () => {
    const bench = new Bench();
    const link = bench.link();
    const home = bench.home(link);
    const attachment = bench.attach({ fromOffset: 0 });
    bench.core.drain({ relays: ["other:1"], withinMs: 5000 });
    expect([link.orders.at(-1)?.kind, attachment.news().at(-1)]).toEqual(["move", "move"]);
    const results: object[] = [];
    const spec = { ...hosted(), env: {}, timeoutMs: 0, idleMs: 0, stdin: false, waitForReader: false };
    bench.core.openSession(principal(), { machine: "", spec, idempotencyKey: "" }, (each) =>
      results.push(each),
    );
    const refused = [bench.tryLink(), bench.tryAttach(), bench.tryHome("secret-1"), results[0] ?? {}];
    expect(refused.map(codeOf)).toEqual(Array(4).fill("draining"));
    home.output(10);
    expect(attachment.news()).toEqual(["output 0-10"]);
    expect(bench.core.isDrained).toBe(false);
  });

  it("is over when all have left", () => {
    const bench = new Bench();
    const link = bench.link();
    const attachment = bench.attach();
    bench.core.drain({ relays: [], withinMs: 5000 });
    link.handle.closed();
    attachment.handle.closed();
    expect(bench.core.isDrained).toBe(true);
  });

  it("ends what is left at its deadline, ten seconds at most", () => {
    const bench = new Bench();
    const link = bench.link();
    const home = bench.home(link);
    const attachment = bench.attach();
    bench.core.drain({ relays: [], withinMs: 60_000 });
    bench.pass(9900);
    expect(attachment.ended).toBeUndefined();
    bench.pass(200);
    expect([link.ended, home.ended, attachment.ended]).toEqual(["draining", "draining", "draining"]);
    expect(bench.core.isDrained).toBe(true);
  });

  it("tells those who wait for an order or a session", () => {
    const bench = new Bench();
    bench.link({ sessions: [] });
    const early = bench.attach();
    const results: object[] = [];
    const spec = { ...hosted(), env: {}, timeoutMs: 0, idleMs: 0, stdin: false, waitForReader: false };
    bench.core.openSession(principal(), { machine: "", spec, idempotencyKey: "" }, (each) =>
      results.push(each),
    );
    bench.core.drain({ relays: [], withinMs: 1000 });
    expect([early.ended, codeOf(results[0] ?? {})]).toEqual(["draining", "draining"]);
  });
});

describe("the fan-out", () => {
  it("survives sinks that call back while they are sent to", () => {
    const bench = new Bench();
    const home = bench.home(bench.link());
    const all = Array.from({ length: 6 }, () => bench.attach({ fromOffset: 0 }));
    const [, second, , , fifth] = all;
    if (!second || !fifth) throw new Error("not attached");
    const { send } = fifth;
    Object.assign(fifth, {
      send(framed: Uint8Array) {
        send.call(fifth, framed);
        second.handle.closed();
        fifth.handle.closed();
      },
    });
    home.output(10);
    home.output(10);
    const outputs = all.map((each) => each.news().filter((frame) => frame.startsWith("output")));
    const whole = ["output 0-10", "output 10-20"];
    expect(outputs[4]).toEqual(["output 0-10"]);
    expect([0, 2, 3, 5].map((index) => outputs[index])).toEqual([whole, whole, whole, whole]);
    expect(outputs[1]?.length).toBeLessThanOrEqual(1);
  });

  it("survives acknowledgements that come back at once", () => {
    const bench = new Bench({ creditBytesMin: 50 });
    const home = bench.home(bench.link());
    for (let n = 0; n < 10; n++) home.output(40);
    const attachment = bench.attach({ fromOffset: 0, creditBytes: 50, mode: "lossless" });
    const { send } = attachment;
    Object.assign(attachment, {
      send(framed: Uint8Array) {
        send.call(attachment, framed);
        const frame = attachment.frames.at(-1);
        if (frame?.kind === "output") attachment.handle.receive({ kind: "ack", offset: frame.to });
      },
    });
    attachment.handle.receive({ kind: "ack", offset: 80 });
    home.output(40);
    const offsets = attachment.frames.flatMap((frame) => (frame.kind === "output" ? [frame.from] : []));
    expect(offsets).toEqual(Array.from({ length: 11 }, (_, index) => index * 40));
  });
});
