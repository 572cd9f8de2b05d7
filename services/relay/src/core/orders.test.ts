import { Failure } from "@cmdop/base";
import { describe, expect, it } from "vitest";
import type { SessionInfo, SessionSpec } from "./parties.ts";
import { Bench, type BenchLink, codeOf, exitAt, hosted, principal, sessionA } from "./simulation/bench.ts";

const anna = principal();
const spec: SessionSpec = {
  kind: "terminal",
  argv: [],
  cwd: "",
  env: {},
  cols: 80,
  rows: 24,
  name: "new",
  resizePolicy: "latest",
  timeoutMs: 0,
  idleMs: 0,
  stdin: false,
  waitForReader: false,
};
interface Changes {
  readonly machine?: string;
  readonly key?: string;
  readonly who?: typeof anna;
  readonly isGone?: () => boolean;
}
const open = (bench: Bench, { machine = "", key = "", who = anna, isGone = () => false }: Changes = {}) => {
  const results: (SessionInfo | Failure)[] = [];
  const request = { machine, spec, idempotencyKey: key, isGone };
  bench.core.openSession(who, request, (result) => results.push(result));
  return results;
};
const lastOpen = (link: BenchLink) => {
  const order = link.orders.findLast(({ kind }) => kind === "open");
  if (order?.kind !== "open") throw new Error("nothing was ordered");
  return order;
};
const empty = (): { bench: Bench; link: BenchLink } => {
  const bench = new Bench();
  return { bench, link: bench.link({ sessions: [] }) };
};
const listed = (bench: Bench): number => {
  const page = bench.core.listSessions(anna, { includeEnded: true, machine: "", pageSize: 0, pageToken: "" });
  return "items" in page ? page.items.length : -1;
};

describe("an agent that does not take its orders", () => {
  it("is given no more of them", () => {
    const { bench, link } = empty();
    open(bench);
    link.bufferedBytes = 5 * 1024 * 1024;
    const sessionId = lastOpen(link).sessionId;
    const closed: (SessionInfo | Failure)[] = [];
    const request = { session: sessionId, graceMs: 0, forget: false };
    bench.core.closeSession(anna, request, (result) => closed.push(result));
    expect([...open(bench), ...closed]).toMatchObject([{ code: "rate_limited" }, { code: "rate_limited" }]);
    expect(link.orders.length).toBe(1);
  });
});

describe("opening a session", () => {
  it("is done when the agent said so and the home is there, in either order", () => {
    for (const isHomeFirst of [true, false]) {
      const { bench, link } = empty();
      const results = open(bench);
      const { orderId } = lastOpen(link);
      const steps = [() => link.handle.orderResult(orderId, undefined), () => bench.home(link)];
      if (isHomeFirst) steps.reverse();
      steps[0]?.();
      expect([results.length, listed(bench)]).toEqual([0, 0]);
      steps[1]?.();
      expect(results).toMatchObject([{ state: "live", name: "new", openedBy: "anna", machineId: "mch_1" }]);
      expect(listed(bench)).toBe(1);
    }
  });

  it("is done for a command that has ended by then", () => {
    const { bench, link } = empty();
    const results = open(bench);
    link.handle.orderResult(lastOpen(link).orderId, undefined);
    bench.home(link, { offset: 3, exit: exitAt(3) });
    expect(results).toMatchObject([{ state: "ended", exit: { finalOffset: 3 } }]);
  });

  it("passes the agent's refusal on and leaves nothing behind", () => {
    const { bench, link } = empty();
    const results = open(bench);
    link.handle.orderResult(lastOpen(link).orderId, new Failure("command_not_found"));
    expect([codeOf(results[0] ?? {}), bench.core.stats().sessions]).toEqual(["command_not_found", 0]);
  });

  it("times out, and has what may have come of it ended", () => {
    const { bench, link } = empty();
    const results = open(bench);
    const { sessionId } = lastOpen(link);
    bench.pass(14_000);
    expect(results).toEqual([]);
    bench.pass(2000);
    expect(codeOf(results[0] ?? {})).toBe("timed_out");
    expect(link.orders.at(-1)).toMatchObject({ kind: "close", sessionId, forget: true });
  });

  it("survives a lost link when the session is there on the next, and fails when it is not", () => {
    const { bench, link } = empty();
    const first = open(bench);
    const { sessionId } = lastOpen(link);
    const second = open(bench);
    link.handle.closed();
    const next = bench.link({ sessions: [hosted({ sessionId })] });
    expect([first.length, codeOf(second[0] ?? {})]).toEqual([0, "connection_lost"]);
    bench.home(next);
    expect(first).toMatchObject([{ sessionId, state: "live" }]);
  });

  it("happens once for one key, whether it is under way or done, and again after a failure", () => {
    const { bench, link } = empty();
    const first = open(bench, { key: "k" });
    const second = open(bench, { key: "k" });
    const other = open(bench, { key: "k", who: principal({ operator: "bob" }) });
    const opens = link.orders.flatMap((order) => (order.kind === "open" ? [order] : []));
    expect([opens.length, opens.map(({ openedBy }) => openedBy)]).toEqual([2, ["anna", "bob"]]);
    link.handle.orderResult(opens[1]?.orderId ?? 0, new Failure("spawn_failed"));
    expect(codeOf(other[0] ?? {})).toBe("spawn_failed");
    const home = bench.tryHome(opens[0]?.homeToken ?? "", opens[0]?.sessionId);
    if (!("handle" in home)) throw home;
    home.hello();
    link.handle.orderResult(opens[0]?.orderId ?? 0, undefined);
    const third = open(bench, { key: "k" });
    const ids = [first, second, third].map(([result]) => result && "sessionId" in result && result.sessionId);
    expect(new Set(ids).size).toBe(1);
    open(bench, { key: "k", who: principal({ operator: "bob" }) });
    expect(link.orders.filter(({ kind }) => kind === "open")).toHaveLength(3);
  });

  it("tells an operator's key from that of another account of the same name, whatever either is called", () => {
    const { bench, link } = empty();
    const account = (accountId: string, changes: Partial<typeof anna> = {}) =>
      principal({ credential: { ids: [], limitMs: undefined, accountId }, ...changes });
    const opens = () => link.orders.filter(({ kind }) => kind === "open").length;
    open(bench, { key: "k", who: account("acc_1") });
    open(bench, { key: "k", who: account("acc_2") });
    open(bench, { key: "k" });
    expect(opens()).toBe(3);
    open(bench, { key: "k", who: account("acc_1", { operator: "renamed" }) });
    expect(opens()).toBe(3);
  });

  it("answers a key to no token that may not see what was opened by it", () => {
    const { bench, link } = empty();
    open(bench, { key: "k" });
    const narrow = open(bench, { key: "k", who: principal({ machines: ["elsewhere"] }) });
    expect(narrow.map(codeOf)).toEqual(["permission_denied"]);
    expect(link.orders).toHaveLength(1);
  });

  it("forgets a key after ten minutes", () => {
    const { bench, link } = empty();
    open(bench, { key: "k" });
    link.handle.orderResult(lastOpen(link).orderId, undefined);
    bench.home(link);
    for (let minute = 0; minute < 11; minute++) {
      bench.pass(60_000);
      link.handle.heartbeat({
        atMs: 1,
        load1m: 0,
        memoryFreeBytes: 0,
        diskFreeBytes: 0,
        sessions: 1,
        uptimeS: 1,
      });
    }
    open(bench, { key: "k" });
    expect(link.orders.filter(({ kind }) => kind === "open")).toHaveLength(2);
  });

  it.each([
    ["an observer", { who: principal({ role: "observer" }) }, "permission_denied"],
    ["a ticket", { who: principal({ session: sessionA }) }, "permission_denied"],
    ["an unknown machine", { machine: "nowhere" }, "machine_not_found"],
    ["a machine of another fleet", { who: principal({ fleet: "g" }) }, "machine_not_found"],
    ["a very long key", { key: "k".repeat(200) }, "invalid_argument"],
  ])("is refused to %s", (_, changes, expected) => {
    const { bench, link } = empty();
    bench.pass(bench.core.limits.arrivalMs);
    expect([codeOf(open(bench, changes)[0] ?? {}), link.orders]).toEqual([expected, []]);
  });

  it("names the machines where none was named and there are several", () => {
    const { bench } = empty();
    bench.link({ machineId: "mch_2", name: "web-2", sessions: [] });
    expect(open(bench)).toMatchObject([
      {
        code: "ambiguous_name",
        message: "No machine was named, and there are several: box (mch_1), web-2 (mch_2).",
      },
    ]);
  });

  it("is refused on a machine that is away or full", () => {
    const { bench, link } = empty();
    link.handle.closed();
    expect(codeOf(open(bench)[0] ?? {})).toBe("machine_offline");
    const full = new Bench({ liveSessionsPerMachine: 1 });
    full.link();
    expect(codeOf(open(full)[0] ?? {})).toBe("too_many_sessions");
  });

  describe("on a machine that is not known yet, just after the relay's start", () => {
    const early = () => {
      const bench = new Bench({ earlyOpeningsMax: 2 });
      return { bench, results: open(bench, { machine: "mch_1" }) };
    };

    it("waits for it", () => {
      const { bench, results } = early();
      bench.link({ machineId: "mch_2", name: "other", sessions: [] });
      const link = bench.link({ sessions: [] });
      link.handle.orderResult(lastOpen(link).orderId, undefined);
      bench.home(link);
      expect(results).toMatchObject([{ state: "live", machineId: "mch_1" }]);
      expect(link.orders).toHaveLength(1);
    });

    it("runs nothing for who has left meanwhile", () => {
      const bench = new Bench();
      let isGone = false;
      const results = open(bench, { machine: "mch_1", isGone: () => isGone });
      isGone = true;
      const link = bench.link({ sessions: [] });
      expect([link.orders, codeOf(results[0] ?? {})]).toEqual([[], "cancelled"]);
    });

    it("waits for a bounded time, and is refused at once after it", () => {
      const { bench, results } = early();
      bench.pass(bench.core.limits.arrivalMs - 2_000);
      expect(results).toEqual([]);
      bench.pass(3_000);
      expect(codeOf(results[0] ?? {})).toBe("machine_not_found");
      expect(codeOf(open(bench, { machine: "mch_1" })[0] ?? {})).toBe("machine_not_found");
    });

    it("waits in bounded number, and not with a token that was revoked, nor with a relay that drains", () => {
      const { bench, results } = early();
      const other = open(bench, { machine: "mch_1" });
      expect(codeOf(open(bench, { machine: "mch_1" })[0] ?? {})).toBe("machine_not_found");
      const ids = new Set(anna.credential.ids);
      bench.core.revoke((given) => given.some((id) => ids.has(id)));
      expect([results, other].map(([result]) => codeOf(result ?? {}))).toEqual([
        "token_revoked",
        "token_revoked",
      ]);
      const last = open(bench, { machine: "mch_1" });
      bench.core.drain({ relays: [], withinMs: 0 });
      expect(codeOf(last[0] ?? {})).toBe("draining");
    });
  });

  it("needs a name when several machines are in sight", () => {
    const { bench } = empty();
    bench.link({ machineId: "mch_2", sessions: [] });
    expect(codeOf(open(bench)[0] ?? {})).toBe("ambiguous_name");
  });

  it("ignores an answer of another machine", () => {
    const { bench, link } = empty();
    const other = bench.link({ machineId: "mch_2", name: "other", sessions: [] });
    const results = open(bench, { machine: "mch_1" });
    other.handle.orderResult(lastOpen(link).orderId, new Failure("internal"));
    expect(results).toEqual([]);
  });
});

describe("closing a session", () => {
  const close = (bench: Bench, changes: { session?: string; forget?: boolean; who?: typeof anna } = {}) => {
    const results: (SessionInfo | Failure)[] = [];
    const request = { session: changes.session ?? "work", graceMs: 100, forget: changes.forget ?? false };
    bench.core.closeSession(changes.who ?? anna, request, (result) => results.push(result));
    return results;
  };

  it("is an order to the agent, attributed, and answered by it", () => {
    const bench = new Bench();
    const link = bench.link();
    const results = close(bench);
    const order = link.orders.at(-1);
    expect(order).toMatchObject({
      kind: "close",
      sessionId: sessionA,
      operator: "anna",
      graceMs: 100,
      forget: false,
    });
    link.handle.orderResult(order?.kind === "close" ? order.orderId : 0, undefined);
    expect(results).toMatchObject([{ sessionId: sessionA }]);
  });

  it("of one that has ended is done already, unless its log is to be forgotten", () => {
    const bench = new Bench();
    const link = bench.link({ sessions: [hosted({ exit: exitAt(0) })] });
    expect([close(bench).length, link.orders.length]).toEqual([1, 0]);
    expect([close(bench, { forget: true }).length, link.orders.length]).toEqual([0, 1]);
  });

  it("times out, or fails with its link", () => {
    const bench = new Bench();
    const link = bench.link();
    const first = close(bench);
    bench.pass(16_000);
    const second = close(bench);
    link.handle.closed();
    bench.link();
    expect([first, second].map(([result]) => codeOf(result ?? {}))).toEqual(["timed_out", "connection_lost"]);
  });

  it("is refused to observers, for unknown sessions and for machines that are away", () => {
    const bench = new Bench();
    const link = bench.link();
    const refused = [
      close(bench, { who: principal({ role: "observer" }) }),
      close(bench, { session: "other" }),
    ];
    link.handle.closed();
    refused.push(close(bench));
    expect(refused.map(([result]) => codeOf(result ?? {}))).toEqual([
      "permission_denied",
      "session_not_found",
      "machine_offline",
    ]);
  });
});
