import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Actor, InputRefusal, LeaseAction } from "@cmdop/protocol";
import { leakCheck, waitFor } from "@cmdop/testkit";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { type HostFixture, openHostFixture } from "./testing/host-fixture.ts";

const checkLeaks = leakCheck();
let fixture: HostFixture;
beforeEach(async () => {
  fixture = await openHostFixture();
});
afterEach(() => fixture.close());
afterAll(() => checkLeaks());

describe("input", () => {
  it("is applied once however often it is sent, and acknowledged each time", async () => {
    const { peer } = await fixture.terminal("cat");
    await peer.hello();
    const first = {
      operator: "ann",
      actor: Actor.HUMAN,
      stream: peer.stream,
      number: 1n,
      previous: 0n,
      data: Buffer.from("a"),
    };
    peer.send({ case: "input", value: first });
    peer.send({ case: "input", value: first });
    peer.send({ case: "input", value: { ...first, number: 3n, previous: 2n, data: Buffer.from("c") } });
    peer.send({ case: "input", value: { ...first, number: 2n, previous: 1n, data: Buffer.from("b\r") } });
    peer.send({ case: "inputSync", value: { operator: "ann", stream: peer.stream } });
    await waitFor(() => peer.all("inputAck").length === 5);
    const answers = peer
      .all("inputAck")
      .map(({ number, refusal, refused }) => [Number(number), refusal, Number(refused)]);
    expect(answers).toEqual([
      [1, 0, 0],
      [1, 0, 0],
      [1, InputRefusal.OUT_OF_ORDER, 3],
      [2, 0, 0],
      [2, 0, 0],
    ]);
    await peer.printed("ab\r\nab\r\n");
  });

  it("is refused with the bound reached when the program does not read, and taken when it does", async () => {
    const { peer } = await fixture.terminal("stty raw -echo; echo up; sleep 0.7; cat >/dev/null");
    await peer.printed("up");
    const chunk = Buffer.alloc(60_000, 120);
    const numbers = Array.from({ length: 20 }, () => peer.type(chunk));
    const refused = await peer.see("inputAck", ({ refusal }) => refusal === InputRefusal.BUSY);
    expect(Number(refused.refused)).toBeGreaterThan(14);
    // What was refused is not applied: what follows it is out of order until it is sent again.
    const again = refused.refused;
    expect(numbers).toContain(again);
    await waitFor(
      async () => {
        peer.send({
          case: "input",
          value: {
            operator: "ann",
            actor: Actor.HUMAN,
            stream: peer.stream,
            number: again,
            previous: again - 1n,
            data: chunk,
          },
        });
        return peer.all("inputAck").some(({ number }) => number === again);
      },
      { everyMs: 50 },
    );
  });

  it("of a megabyte arrives whole at a program that reads", async () => {
    const file = join(fixture.directory, "pasted");
    const { peer } = await fixture.terminal(`stty raw -echo; echo up; head -c 1000000 > ${file}`);
    await peer.printed("up");
    const data = Buffer.from(Array.from({ length: 1_000_000 }, (_, at) => 33 + (at % 90)));
    for (let at = 0; at < data.length; at += 50_000) {
      await peer.answer(peer.type(data.subarray(at, at + 50_000)));
    }
    await peer.see("exit");
    expect(readFileSync(file).equals(data)).toBe(true);
  });

  it("pastes clean, bracketed by the screen's mode, and nothing gets in between", async () => {
    const { peer } = await fixture.terminal(
      "stty raw -echo; printf '\\033[?2004hup'; head -c 33 | od -An -c; sleep 100",
    );
    await peer.printed("up");
    peer.type("1");
    peer.type("a\x1b[201~\r\nb\x03", { paste: true });
    const last = peer.type("xxxxxxxxxxxxxxxx");
    await peer.answer(last);
    await peer.printed("x   x   x   x");
    const seen = peer.text.replace(/\s+/g, "");
    expect(seen).toContain("1033[200~a[201~\\rb033[201~xxxx");
  });

  it("is refused while somebody else holds the lease; a person pre-empts an AI", async () => {
    const { peer } = await fixture.terminal("cat");
    await peer.hello();
    const robot = { operator: "robot", actor: Actor.AI, stream: new Uint8Array(16).fill(9) };
    peer.send({ case: "leaseRequest", value: { action: LeaseAction.TAKE, ...robot } });
    await peer.see("lease", ({ holder }) => holder === "robot");
    peer.send({
      case: "input",
      value: {
        operator: "bob",
        actor: Actor.PROGRAM,
        stream: new Uint8Array(16).fill(8),
        number: 1n,
        epoch: 1n,
        data: Buffer.from("b"),
      },
    });
    expect(await peer.see("inputAck", ({ operator }) => operator === "bob")).toMatchObject({
      refusal: InputRefusal.LEASE_HELD,
      refused: 1n,
      epoch: 1n,
    });
    const number = peer.type("person\r");
    expect(await peer.answer(number)).toMatchObject({ number, refusal: 0, epoch: 2n });
    await peer.see("lease", ({ holder, epoch }) => holder === "ann" && epoch === 2n);
    peer.send({ case: "input", value: { ...robot, number: 1n, epoch: 1n, data: Buffer.from("robot") } });
    expect(await peer.see("inputAck", ({ operator }) => operator === "robot")).toMatchObject({
      refusal: InputRefusal.LEASE_HELD,
    });
    await peer.printed("person\r\nperson");
    expect(peer.text).not.toContain("robot");
    peer.send({
      case: "leaseRequest",
      value: { action: LeaseAction.HAND_BACK, operator: "ann", stream: peer.stream, actor: Actor.HUMAN },
    });
    await peer.see("lease", ({ holder, epoch }) => holder === "" && epoch === 3n);
    const stale = peer.type("old", { epoch: 2n });
    expect(await peer.see("inputAck", ({ refused }) => refused === stale)).toMatchObject({
      refusal: InputRefusal.STALE_EPOCH,
    });
  });

  it("after the end is refused as closed", async () => {
    const { peer } = await fixture.terminal("true");
    await peer.see("exit");
    expect(await peer.answer(peer.type("x"))).toMatchObject({ refusal: InputRefusal.CLOSED });
  });

  it("is attributed in the log, and never stored there", async () => {
    const { peer, id } = await fixture.terminal("stty -echo; echo up; read -r a; echo done");
    await peer.printed("up");
    await peer.answer(peer.type("hunter2-secret\r"));
    await peer.see("exit");
    const directory = join(fixture.directory, "sessions", id, "log");
    const stored = readdirSync(directory)
      .map((name) => readFileSync(join(directory, name), "latin1"))
      .join("");
    expect(stored).toContain('"operator":"ann","actor":1,"number":1,"bytes":15');
    expect(stored).not.toContain("hunter2");
  });
});
