import { join } from "node:path";
import { SessionKind } from "@cmdop/protocol";
import { waitFor } from "@cmdop/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { exportSession, findStored } from "./export-session.ts";
import { openSessionStore } from "./session-store.ts";
import { type HostFixture, openHostFixture } from "./testing/host-fixture.ts";

let fixture: HostFixture;
beforeEach(async () => {
  fixture = await openHostFixture();
});
afterEach(() => fixture.close());

describe("a session's export", () => {
  it("is a recording of what was printed, resized and typed by whom, live and ended", async () => {
    const { peer, id } = await fixture.terminal("stty -echo; echo é; read -r a; echo done; exit 4", {
      cols: 70,
    });
    await peer.printed("\n");
    peer.send({ case: "resize", value: { cols: 90, rows: 30, operator: "ann" } });
    await peer.see("resize");
    const store = openSessionStore(join(fixture.directory, "sessions"));
    const read = () => [...exportSession(store, id)];
    const events = () =>
      read()
        .slice(1)
        .map((line) => JSON.parse(line).slice(1));
    await waitFor(() => events().length === 2);
    peer.type("x\r");
    await peer.see("exit");
    expect(JSON.parse(read()[0] ?? "")).toMatchObject({ version: 3, term: { cols: 70, rows: 24 } });
    expect(events()).toEqual([
      ["o", "é\r\n"],
      ["r", "90x30"],
      ["m", "ann"],
      ["o", "done\r\n"],
      ["x", "4"],
    ]);
  });

  it("of a session that is not here fails", () => {
    const store = openSessionStore(join(fixture.directory, "sessions"));
    expect(() => exportSession(store, "ses_0000000000000000000000")).toThrow("no such session");
  });

  it("finds a session by its id or by a name of its own", async () => {
    const one = await fixture.open({ kind: SessionKind.TERMINAL, argv: ["cat"], name: "one" });
    for (const name of ["two", "two", ""]) {
      await fixture.open({ kind: SessionKind.TERMINAL, argv: ["cat"], name });
    }
    const store = openSessionStore(join(fixture.directory, "sessions"));
    expect([findStored(store, one), findStored(store, "one")]).toEqual([one, one]);
    expect(() => findStored(store, "two")).toThrow(/Several sessions here have this name: ses_.*, ses_/);
    for (const word of ["three", "", "../../etc"]) {
      expect(() => findStored(store, word)).toThrow("no such session");
    }
  });
});
