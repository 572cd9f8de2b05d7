import { describe, expect, it } from "vitest";
import type { ResizePolicy, Viewport } from "./parties.ts";
import {
  Bench,
  type BenchHome,
  briefs,
  exitAt,
  inputFrame,
  principal,
  sessionA,
} from "./simulation/bench.ts";
import { frameJson } from "./simulation/sim-codec.ts";

const live = (resizePolicy: ResizePolicy = "latest"): { bench: Bench; home: BenchHome } => {
  const bench = new Bench();
  const home = bench.home(bench.link(), { resizePolicy });
  return { bench, home };
};
const observer = principal({ session: sessionA, operator: "otto", role: "observer" });
const viewport = (cols: number, rows: number, hidden = false): Viewport => ({ cols, rows, hidden });
const input = (number: number) =>
  ({ kind: "input", stream: "aa", number, framed: inputFrame(number) }) as const;
const closeFrame = frameJson({ kind: "status", state: "live", atMs: 0 });
const commands = ["leaseRequest", "signal", "close"] as const;
const toHost = (home: BenchHome): string[] => briefs(home.frames).filter((each) => each !== "presence");

describe("roles", () => {
  it("stamps who sent an input; what the client wrote there does not reach the host", () => {
    const { bench, home } = live();
    bench.attach().handle.receive(input(1));
    expect(home.frames.at(-1)).toMatchObject({ kind: "input", operator: "anna", actor: "human", number: 1 });
  });

  it("refuses everything that an observer could change", () => {
    const { bench, home } = live();
    const attachment = bench.attach({ principal: observer });
    const before = home.frames.length;
    attachment.news();
    attachment.handle.receive(input(7));
    for (const kind of commands) attachment.handle.receive({ kind, framed: closeFrame });
    expect(attachment.news()).toEqual([
      "inputAck observer",
      ...commands.map(() => "fault permission_denied"),
    ]);
    expect(attachment.frames.find(({ kind }) => kind === "inputAck")).toMatchObject({
      refused: 7,
      operator: "otto",
    });
    expect(home.frames).toHaveLength(before);
  });

  it("lets an operator watch as an observer, and never the other way round", () => {
    const { bench } = live();
    const lowered = bench.attach({ role: "observer" });
    const raised = bench.attach({ principal: observer, role: "operator" });
    for (const attachment of [lowered, raised]) {
      attachment.news();
      attachment.handle.receive(input(1));
      expect(attachment.news()).toEqual(["inputAck observer"]);
    }
  });

  it("refuses input on a stream that the attachment did not declare", () => {
    const { bench, home } = live();
    const attachment = bench.attach({ stream: "bb" });
    attachment.news();
    attachment.handle.receive(input(1));
    expect([attachment.news(), toHost(home).includes("input")]).toEqual([["fault invalid_argument"], false]);
  });

  it("refuses input of an attachment that declared no stream", () => {
    const { bench, home } = live();
    const attachment = bench.attach({ stream: "" });
    attachment.news();
    attachment.handle.receive({ ...input(1), stream: "" });
    expect([attachment.news(), toHost(home).includes("input")]).toEqual([["fault invalid_argument"], false]);
  });

  it("routes an acknowledgement to the operator and stream it is for", () => {
    const { bench, home } = live();
    const mine = bench.attach();
    const other = bench.attach({ stream: "bb" });
    const namesake = bench.attach({ principal: principal({ session: sessionA, operator: "bob" }) });
    for (const each of [mine, other, namesake]) each.news();
    const ack = { kind: "inputAck", operator: "anna", stream: "aa" } as const;
    home.handle.receive({
      ...ack,
      framed: frameJson({ ...ack, number: 1, refusal: "", refused: 0, sync: 0 }),
    });
    expect([mine, other, namesake].map((each) => each.news().length)).toEqual([1, 0, 0]);
  });
});

describe("input without a home", () => {
  it("goes nowhere and is not kept; LIVE tells the client to ask and send again", () => {
    const { bench, home } = live();
    const attachment = bench.attach();
    home.handle.closed();
    attachment.news();
    attachment.handle.receive(input(1));
    const back = bench.home(bench.link());
    expect([
      attachment.news().filter((each) => each.startsWith("status")),
      toHost(back).includes("input"),
    ]).toEqual([["status live"], false]);
  });

  it("is told of a change of homes even when none was missing", () => {
    const { bench } = live();
    const attachment = bench.attach();
    attachment.news();
    bench.home(bench.link());
    expect(attachment.news().filter((each) => each.startsWith("status"))).toEqual(["status live"]);
  });

  it("is refused when the session has ended", () => {
    const { bench, home } = live();
    const attachment = bench.attach({ fromOffset: 0 });
    home.handle.receive({ kind: "exit", exit: exitAt(0) });
    attachment.news();
    attachment.handle.receive(input(1));
    attachment.handle.receive({ kind: "signal", framed: closeFrame });
    expect(attachment.news()).toEqual(["inputAck closed", "fault session_ended"]);
  });

  it("is refused as busy when the agent does not take what was sent", () => {
    const { bench, home } = live();
    const attachment = bench.attach();
    attachment.news();
    home.bufferedBytes = 5 * 1024 * 1024;
    attachment.handle.receive(input(1));
    expect(attachment.news()).toEqual(["inputAck busy"]);
    const before = home.frames.length;
    for (const kind of ["signal", "close", "leaseRequest"] as const)
      attachment.handle.receive({ kind, framed: closeFrame });
    expect(attachment.news()).toEqual(["fault rate_limited", "fault rate_limited", "fault rate_limited"]);
    expect(home.frames.length).toBe(before);
  });
});

describe("the size", () => {
  const sizes = (home: BenchHome): string[] => toHost(home).filter((each) => each.startsWith("resize"));

  it("follows who types, and is asked for before the byte", () => {
    const { bench, home } = live();
    const desk = bench.attach({ viewport: viewport(200, 50) });
    bench.pass(200);
    bench.attach({ viewport: viewport(40, 20), stream: "bb" });
    bench.pass(200);
    const before = home.frames.length;
    desk.handle.receive(input(1));
    expect(briefs(home.frames.slice(before))).toEqual(["resize 200x50", "input"]);
    expect(sizes(home)).toEqual(["resize 200x50", "resize 40x20", "resize 200x50"]);
  });

  it("is asked for before the byte even right after another change", () => {
    const { bench, home } = live();
    bench.attach({ viewport: viewport(200, 50) });
    const phone = bench.attach({ viewport: viewport(40, 20) });
    expect(sizes(home)).toEqual(["resize 200x50"]);
    phone.handle.receive(input(1));
    expect(toHost(home).slice(-2)).toEqual(["resize 40x20", "input"]);
  });

  it("is not moved by output, acknowledgements, observers or the hidden", () => {
    const { bench, home } = live();
    const desk = bench.attach({ viewport: viewport(200, 50), fromOffset: 0 });
    bench.pass(200);
    bench.attach({ principal: observer, viewport: viewport(10, 10) });
    bench.attach({ viewport: viewport(20, 20, true), stream: "bb" });
    home.output(100);
    desk.handle.receive({ kind: "ack", offset: 100 });
    bench.pass(1000);
    expect(sizes(home)).toEqual(["resize 200x50"]);
  });

  it("goes back to the one before when the latest leaves or hides, and stays when nobody is left", () => {
    const { bench, home } = live();
    const desk = bench.attach({ viewport: viewport(200, 50) });
    bench.pass(200);
    const phone = bench.attach({ viewport: viewport(40, 20), stream: "bb" });
    bench.pass(200);
    phone.handle.receive({ kind: "viewport", viewport: viewport(40, 20, true) });
    bench.pass(200);
    desk.handle.closed();
    phone.handle.closed();
    bench.pass(200);
    expect(sizes(home)).toEqual(["resize 200x50", "resize 40x20", "resize 200x50"]);
  });

  it("is the smallest when the session says so, and fixed when it says so", () => {
    const both = (["smallest", "fixed"] as const).map((policy) => {
      const { bench, home } = live(policy);
      bench.attach({ viewport: viewport(200, 20) });
      bench.pass(200);
      bench.attach({ viewport: viewport(90, 50), stream: "bb" });
      bench.pass(200);
      return sizes(home);
    });
    expect(both).toEqual([["resize 200x20", "resize 90x20"], []]);
  });

  it("is asked for ten times a second at most in a storm, and the last one counts", () => {
    const { bench, home } = live();
    const desk = bench.attach({ viewport: viewport(100, 30) });
    for (let cols = 101; cols <= 200; cols++) {
      desk.handle.receive({ kind: "viewport", viewport: viewport(cols, 30) });
      bench.pass(10);
    }
    bench.pass(200);
    expect(sizes(home).length).toBeLessThanOrEqual(12);
    expect(sizes(home).at(-1)).toBe("resize 200x30");
  });

  it("refuses absurd viewports", () => {
    const { bench, home } = live();
    const desk = bench.attach();
    desk.news();
    desk.handle.receive({ kind: "viewport", viewport: viewport(0, 24) });
    expect([desk.news(), sizes(home)]).toEqual([["fault invalid_argument"], []]);
    expect(bench.tryAttach({ viewport: viewport(1e9, 1) })).toMatchObject({ code: "invalid_argument" });
  });

  it("is asked of a home that comes back with another", () => {
    const { bench, home } = live();
    bench.attach({ viewport: viewport(200, 50) });
    home.handle.closed();
    const back = bench.home(bench.link(), { cols: 80, rows: 24 });
    expect(sizes(back)).toEqual(["resize 200x50"]);
  });
});

describe("the lease", () => {
  const lease = (holder: string, epoch: number) => {
    const value = { holder, stream: "aa", actor: "human", epoch } as const;
    return { kind: "lease", lease: value, framed: frameJson({ kind: "lease", lease: value }) } as const;
  };

  it("is told to everybody, and an older epoch to nobody", () => {
    const { bench, home } = live();
    const attachment = bench.attach();
    attachment.news();
    home.handle.receive(lease("anna", 5));
    home.handle.receive(lease("bob", 4));
    expect(attachment.frames.filter(({ kind }) => kind === "lease").at(-1)).toMatchObject({
      lease: { holder: "anna" },
    });
    expect(attachment.news()).toEqual(["lease"]);
    expect(bench.attach().frames[0]).toMatchObject({ kind: "attached", lease: { holder: "anna", epoch: 5 } });
  });
});
