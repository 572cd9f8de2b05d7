// A disk that is full, or that cannot be written at all: what runs goes on, what cannot begin says why.
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { newSessionId } from "@cmdop/base";
import { SessionKind } from "@cmdop/protocol";
import { leakCheck, waitFor } from "@cmdop/testkit";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { MemoryFiles } from "../output-log/testing/memory-files.ts";
import { type HostFixture, openHostFixture } from "./testing/host-fixture.ts";
import { readChunks, requestAll } from "./testing/observe.ts";

const checkLeaks = leakCheck();
let fixture: HostFixture;
afterEach(() => fixture.close());
afterAll(() => checkLeaks());

describe("a session whose log cannot be written any more", () => {
  it("lives on, its output is live, and what is missing later is a declared gap of exactly that", async () => {
    const files = new MemoryFiles();
    fixture = await openHostFixture({ files });
    const { peer } = await fixture.terminal("stty raw -echo; printf before,; cat");
    await peer.printed("before,");
    await waitFor(() => [...files.contents.values()].some((bytes) => bytes.includes("before,")));

    files.failing = "ENOSPC";
    peer.type("lost,");
    await peer.printed("before,lost,");
    await waitFor(() => fixture.events.some(({ event }) => event === "log.refused"));
    expect(fixture.events.find(({ event }) => event === "log.refused")?.fields).toMatchObject({
      code: "ENOSPC",
    });

    files.failing = undefined;
    await waitFor(
      async () => {
        await peer.answer(peer.type("."));
        return fixture.events.some(({ event }) => event === "log.storing");
      },
      { everyMs: 100 },
    );
    await peer.answer(peer.type("after"));
    await peer.printed("after");

    const chunks = await readChunks(peer, await requestAll(peer));
    const [first, hole, ...rest] = chunks;
    expect(first).toMatchObject({ text: "before," });
    const missing = hole !== undefined && "gap" in hole ? hole.gap : 0;
    expect(missing).toBeGreaterThanOrEqual("lost,".length);
    const kept = rest.map((chunk) => ("text" in chunk ? chunk.text : "a second gap")).join("");
    expect(kept).toBe(peer.text.slice("before,".length + missing));
    expect(kept.endsWith("after")).toBe(true);
  });
});

describe("a session that cannot begin", () => {
  const spec = { kind: SessionKind.TERMINAL, argv: ["cat"] };

  it("because the disk is full is refused by name, and nothing of it is left", async () => {
    fixture = await openHostFixture({ storeFailure: "ENOSPC" });
    await expect(fixture.control.open(newSessionId(), spec)).rejects.toMatchObject({ code: "disk_full" });
    expect([await fixture.control.list(), fixture.host.liveCount]).toEqual([[], 0]);
  });

  it("because the directory cannot be written is refused by name", async () => {
    fixture = await openHostFixture();
    const sessions = join(fixture.directory, "sessions");
    rmSync(sessions, { recursive: true });
    writeFileSync(sessions, "a file where the directory was");
    await expect(fixture.control.open(newSessionId(), spec)).rejects.toMatchObject({
      code: "directory_unwritable",
    });
    expect(fixture.host.liveCount).toBe(0);
  });
});
