import { Failure } from "@cmdop/base";
import { describe, expect, it } from "vitest";
import { Bench, codeOf, facts, hosted, principal, sessionA } from "./simulation/bench.ts";

const anna = principal();
const otherFleet = principal({ fleet: "g" });
const presence = (bench: Bench): string | undefined => {
  const page = bench.core.listMachines(anna, { pageSize: 0, pageToken: "" });
  return "items" in page ? page.items[0]?.presence : undefined;
};
const heartbeat = { atMs: 1, load1m: 0, memoryFreeBytes: 0, diskFreeBytes: 0, sessions: 1, uptimeS: 1 };
const state = (bench: Bench): string => {
  const found = bench.core.findSession(anna, sessionA);
  return "state" in found ? found.state : found.code;
};

describe("links", () => {
  it("ends the first link of a machine before its second counts", () => {
    const bench = new Bench();
    const first = bench.link();
    const events: string[] = [];
    const second = bench.core.link(
      {
        fleet: "f",
        machineId: "mch_1",
        name: "box",
        facts,
        sessions: [],
        credential: { ids: [], limitMs: undefined },
      },
      {
        bufferedBytes: 0,
        send: () => events.push(`order, first ended: ${first.ended}`),
        end: () => {},
      },
    );
    expect([codeOf(second), first.ended, bench.core.stats().links]).toEqual(["done", "superseded", 1]);
    expect(events.every((event) => event.endsWith("superseded"))).toBe(true);
  });

  it("does not hear the first any more", () => {
    const bench = new Bench();
    const first = bench.link();
    bench.link();
    first.handle.goodbye();
    first.handle.closed();
    first.handle.report([], [sessionA]);
    expect([presence(bench), state(bench), bench.core.stats().links]).toEqual(["online", "waiting", 1]);
  });

  it("orders a home for each live session, again when it does not come, and never in a loop", () => {
    const bench = new Bench();
    const ended = hosted({
      sessionId: "ses_B",
      exit: { code: 0, signal: "", finalOffset: 1, reason: "exited", atMs: 1 },
    });
    const link = bench.link({ sessions: [hosted(), ended] });
    expect(link.orders).toMatchObject([{ kind: "home", sessionId: sessionA }]);
    bench.pass(2500);
    expect(link.orders).toHaveLength(2);
    bench.pass(60_000);
    const before = link.orders.length;
    for (let n = 0; n < 20; n++) {
      const home = bench.home(link);
      home.handle.closed();
    }
    expect(link.orders.length - before).toBeLessThanOrEqual(1);
    bench.pass(1100);
    expect(link.orders.length).toBeGreaterThan(before);
  });

  it("is offline 90 s after the last sign of life, with its homes", () => {
    const bench = new Bench();
    const link = bench.link();
    const home = bench.home(link);
    bench.pass(80_000);
    link.handle.heartbeat(heartbeat);
    bench.pass(89_000);
    expect(presence(bench)).toBe("online");
    bench.pass(2000);
    expect([presence(bench), link.ended, home.ended, state(bench)]).toEqual([
      "offline",
      "timed_out",
      "machine_offline",
      "lost",
    ]);
  });

  it("is listed as waiting for the grace window after it was lost, then as offline and its sessions as lost", () => {
    const bench = new Bench();
    const link = bench.link();
    const home = bench.home(link);
    const attachment = bench.attach();
    link.handle.closed();
    home.handle.closed();
    bench.pass(29_000);
    expect([presence(bench), state(bench)]).toEqual(["waiting", "waiting"]);
    bench.pass(2000);
    expect([presence(bench), state(bench), attachment.news().at(-1)]).toEqual([
      "offline",
      "lost",
      "status lost",
    ]);
    expect(bench.told.at(-1)).toBe("updated lost");
    bench.home(bench.link());
    expect([presence(bench), state(bench), attachment.news().includes("status live")]).toEqual([
      "online",
      "live",
      true,
    ]);
    expect(bench.told.at(-1)).toBe("updated live");
  });

  it("is offline at once after a goodbye", () => {
    const bench = new Bench();
    const link = bench.link();
    bench.home(link);
    link.handle.goodbye();
    expect([presence(bench), state(bench)]).toEqual(["offline", "lost"]);
  });

  it("ends at the limit of the machine's token", () => {
    const bench = new Bench();
    const link = bench.link({ credential: { ids: [], limitMs: 10_000 } });
    bench.pass(11_000);
    expect(link.ended).toBe("token_limit_reached");
  });

  it("is told of again, and what has no link is not, when the catalogue may have given it up", () => {
    const bench = new Bench();
    bench.link({ machineId: "mch_1", sessions: [] });
    bench.link({ machineId: "mch_2", sessions: [] });
    const gone = bench.link({ machineId: "mch_3", sessions: [] });
    gone.handle.goodbye();
    expect(bench.catalogued.splice(0)).toEqual([
      "mch_1 online",
      "mch_2 online",
      "mch_3 online",
      "mch_3 offline",
    ]);
    bench.core.announce();
    expect(bench.catalogued).toEqual(["mch_1 online", "mch_2 online"]);
  });

  it("is refused beyond the bound, but not for a machine that returns", () => {
    const bench = new Bench({ links: 1 });
    bench.link();
    const other = bench.tryLink({ machineId: "mch_2" });
    const again = bench.tryLink();
    expect([codeOf(other), codeOf(again)]).toEqual(["too_many_links", "done"]);
  });

  it("is forgotten long after it went offline, unless somebody waits for one of its sessions", () => {
    const bench = new Bench();
    bench.link().handle.goodbye();
    const attachment = bench.attach();
    bench.pass(3_700_000);
    expect(bench.core.stats().machines).toBe(1);
    attachment.handle.closed();
    bench.pass(1000);
    expect(bench.core.stats()).toMatchObject({ machines: 0, sessions: 0 });
  });
});

describe("machines that are offline", () => {
  it("are bounded in number: the one that went first is forgotten, but not where somebody waits", () => {
    const bench = new Bench({ offlineMachinesMax: 2 });
    bench.link({ machineId: "mch_0", name: "attached" }).handle.goodbye();
    bench.attach();
    for (const number of [1, 2, 3, 4]) {
      bench.pass(10);
      bench.link({ machineId: `mch_${number}`, sessions: [] }).handle.goodbye();
    }
    bench.link({ machineId: "mch_5", sessions: [] });
    bench.pass(1_000);
    const page = bench.core.listMachines(anna, { pageSize: 0, pageToken: "" });
    const ids = "items" in page ? page.items.map(({ machineId }) => machineId) : [];
    expect(ids.toSorted()).toEqual(["mch_0", "mch_3", "mch_4", "mch_5"]);
  });
});

describe("a link that takes nothing", () => {
  it("is not given one order for a home after the other", () => {
    const bench = new Bench();
    const link = bench.link();
    const ordered = link.orders.length;
    link.bufferedBytes = 5 * 1024 * 1024;
    bench.pass(5_000);
    expect(link.orders.length).toBe(ordered);
    link.bufferedBytes = 0;
    bench.pass(5_000);
    expect(link.orders.length).toBe(ordered + 1);
  });
});

describe("home tokens", () => {
  const token = (orders: readonly { kind: string }[]): string => {
    const order = orders.at(-1);
    return order && "homeToken" in order && typeof order.homeToken === "string" ? order.homeToken : "";
  };

  it("are valid for their session, on their link, and not guessable from another", () => {
    const bench = new Bench();
    const first = bench.link({ sessions: [hosted(), hosted({ sessionId: "ses_B" })] });
    const [forA, forB] = first.orders.map((order) => token([order]));
    expect(codeOf(bench.tryHome(forB ?? ""))).toBe("unauthenticated");
    expect(codeOf(bench.tryHome("secret-none"))).toBe("unauthenticated");
    expect(codeOf(bench.tryHome(forA ?? ""))).toBe("done");
    const second = bench.link({ sessions: [hosted()] });
    expect(codeOf(bench.tryHome(forA ?? ""))).toBe("unauthenticated");
    expect(codeOf(bench.tryHome(token(second.orders)))).toBe("done");
    second.handle.closed();
    expect(codeOf(bench.tryHome(token(second.orders)))).toBe("unauthenticated");
  });

  it("open a home that must say hello first, for its session, and soon", () => {
    const bench = new Bench();
    const link = bench.link();
    const silent = bench.tryHome(token(link.orders));
    if (!("handle" in silent)) throw silent;
    bench.pass(10_500);
    expect(silent.ended).toBe("timed_out");
    const rude = bench.tryHome(token(link.orders));
    if (!("handle" in rude)) throw rude;
    rude.output(10);
    rude.handle.receive({ kind: "gap", from: 0, to: 1, reason: "slow" });
    expect([rude.ended, state(bench)]).toEqual(["unexpected_message", "waiting"]);
    const wrong = bench.tryHome(token(link.orders));
    if (!("handle" in wrong)) throw wrong;
    wrong.hello({ sessionId: "ses_other" });
    expect(wrong.ended).toBe("invalid_argument");
    const absurd = bench.tryHome(token(link.orders));
    if (!("handle" in absurd)) throw absurd;
    absurd.hello({ logStart: 10, offset: 5 });
    expect(absurd.ended).toBe("invalid_argument");
  });

  it("hold one home that has not said hello per session", () => {
    const bench = new Bench();
    const link = bench.link();
    const first = bench.tryHome(token(link.orders));
    const second = bench.tryHome(token(link.orders));
    expect([first, second].map((home) => "handle" in home && home.ended)).toEqual(["superseded", undefined]);
  });
});

describe("sessions of a machine", () => {
  it("appear and go with reports, and who is attached is told", () => {
    const bench = new Bench();
    const link = bench.link({ sessions: [] });
    expect(state(bench)).toBe("session_not_found");
    link.handle.report([hosted()], []);
    const attachment = bench.attach();
    link.handle.report([], [sessionA]);
    expect([attachment.ended, state(bench)]).toEqual(["session_not_found", "session_not_found"]);
  });

  it("that the machine does not list any more are kept for the grace window", () => {
    const bench = new Bench();
    bench.link();
    const link = bench.link({ sessions: [] });
    bench.pass(29_000);
    expect(state(bench)).toBe("waiting");
    link.handle.report([hosted()], []);
    bench.pass(5000);
    expect(state(bench)).toBe("lost");
    bench.link({ sessions: [] });
    bench.pass(31_000);
    expect(state(bench)).toBe("session_not_found");
  });

  it("are bounded in number: the oldest that ended are left out", () => {
    const bench = new Bench({ endedSessionsPerMachine: 2, liveSessionsPerMachine: 2 });
    const exit = { code: 0, signal: "", finalOffset: 0, reason: "exited", atMs: 1 } as const;
    const many = Array.from({ length: 10 }, (_, index) =>
      hosted({ sessionId: `ses_${index}`, createdAtMs: index, ...(index < 5 ? { exit } : {}) }),
    );
    bench.link({ sessions: many });
    const page = bench.core.listSessions(anna, {
      includeEnded: true,
      machine: "",
      pageSize: 0,
      pageToken: "",
    });
    const ids = "items" in page ? page.items.map(({ sessionId }) => sessionId) : [];
    expect(ids).toEqual(["ses_9", "ses_8", "ses_4", "ses_3"]);
  });

  it("stay with the machine that reported them first", () => {
    const bench = new Bench();
    bench.link();
    const thief = bench.link({ machineId: "mch_2", name: "thief" });
    const found = bench.core.findSession(anna, sessionA);
    expect([thief.orders, "machineId" in found && found.machineId]).toEqual([[], "mch_1"]);
  });
});

describe("a home that the agent cannot open", () => {
  it.each([
    ["ends the session when it is gone", "session_not_found", "session_not_found"],
    ["is tried again otherwise", "host_unavailable", undefined],
  ] as const)("%s", (_, code, expected) => {
    const bench = new Bench();
    const link = bench.link();
    const attachment = bench.attach();
    const order = link.orders.at(-1);
    link.handle.orderResult(order?.kind === "home" ? order.orderId : 0, new Failure(code));
    bench.pass(3000);
    expect([attachment.ended, link.orders.length]).toEqual([expected, expected ? 1 : 2]);
  });
});

describe("fleets", () => {
  it("see nothing of each other, not even with the same ids", () => {
    const bench = new Bench();
    bench.link();
    const other = bench.link({ fleet: "g", name: "theirs", sessions: [hosted({ name: "secret" })] });
    const all = { includeEnded: true, machine: "", pageSize: 0, pageToken: "" };
    const names = [anna, otherFleet].map((who) => {
      const page = bench.core.listSessions(who, all);
      return "items" in page ? page.items.map(({ name }) => name) : page.code;
    });
    expect(names).toEqual([["work"], ["secret"]]);
    expect(codeOf(bench.core.findSession(anna, "secret"))).toBe("session_not_found");
    expect(bench.core.stats()).toMatchObject({ machines: 2, sessions: 2 });
    const home = bench.home(other);
    home.output(5);
    expect(state(bench)).toBe("waiting");
  });

  it.each([
    ["by id", ["mch_1"], "done"],
    ["by name", ["box"], "done"],
    ["not at all", ["mch_2"], "session_not_found"],
    ["with an empty list", [], "session_not_found"],
  ])("an operator for some machines sees them %s", (_, machines, expected) => {
    const bench = new Bench();
    bench.link();
    const who = principal({ machines });
    expect(codeOf(bench.core.findSession(who, "work"))).toBe(expected);
    const page = bench.core.listMachines(who, { pageSize: 0, pageToken: "" });
    expect("items" in page && page.items.length).toBe(expected === "done" ? 1 : 0);
  });

  it("names the candidates of an ambiguous name, and only those in sight", () => {
    const bench = new Bench();
    bench.link({ machineId: "mch_1", name: "web-1", sessions: [] });
    bench.link({ machineId: "mch_2", name: "web-2", facts: { ...facts, hostname: "h2" }, sessions: [] });
    bench.link({
      machineId: "mch_3",
      name: "web-3",
      facts: { ...facts, hostname: "h3" },
      sessions: [],
      fleet: "g",
    });
    const query = { includeEnded: false, machine: "web", pageSize: 0, pageToken: "" };
    expect(bench.core.listSessions(anna, query)).toMatchObject({
      code: "ambiguous_name",
      message: "The name fits more than one: web-1 (mch_1), web-2 (mch_2).",
    });
  });
});

describe("what its machine holds no more", () => {
  const exit = { code: 0, signal: "", finalOffset: 0, reason: "exited", atMs: 1 } as const;

  it("is told to be gone: when it says so, and when it does not list it at its next link", () => {
    const bench = new Bench();
    const ended = hosted({ sessionId: "ses_B", exit });
    const link = bench.link({ sessions: [hosted(), ended] });
    expect(bench.catalogued).toEqual([`mch_1 online ${sessionA} ses_B`]);
    bench.told.splice(0);
    link.handle.report([], ["ses_B"]);
    expect(bench.told.splice(0)).toEqual(["updated ended gone"]);
    bench.link({ sessions: [] });
    bench.pass(31_000);
    expect(bench.told.filter((told) => told.endsWith("gone"))).toEqual(["ended ended gone"]);
  });

  it("is not said of what its machine may have: when it is away for long, and when an opening failed", () => {
    const bench = new Bench();
    const link = bench.link({ sessions: [hosted({ exit })] });
    link.handle.goodbye();
    bench.pass(365 * 24 * 3_600_000);
    expect(bench.core.stats().machines).toBe(0);
    expect(bench.told.filter((told) => told.endsWith("gone"))).toEqual([]);
  });
});
