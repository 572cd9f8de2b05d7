// The stream of revocations over the real internal API: what was compacted, and the end of a control plane.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Scope } from "@cmdop/base";
import { createControlClient, type Edge, openEdge } from "@cmdop/edge";
import { waitFor } from "@cmdop/testkit";
import fastify from "fastify";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { purgeRevocations } from "../../store/edges/revocation-log.ts";
import { ControlFixture, type TestAccount } from "../../testing/control-fixture.ts";
import { RevocationStreams } from "./revocation-stream.ts";

let fixture: ControlFixture;
let owner: TestAccount;
let secret: string;
let dir: string;
const scope = new Scope();

beforeAll(async () => {
  fixture = await ControlFixture.open();
  scope.add(() => fixture.close());
  dir = await mkdtemp(join(tmpdir(), "cmdop-compaction-"));
  scope.add(() => rm(dir, { recursive: true }));
  owner = await fixture.addAccount("ada", "owner");
  await fixture.ask("POST", "/v1/fleets", { token: owner.token, body: { name: "Main", slug: "main" } });
  const { body } = await fixture.ask("POST", "/v1/edges", {
    token: owner.token,
    body: { name: "relay-1", kind: "relay" },
  });
  secret = body.secret;
});
afterAll(() => scope.close());

const client = () =>
  createControlClient({
    url: `https://127.0.0.1:${fixture.control.internalPort}`,
    token: secret,
    caPin: fixture.control.caPin,
  });

const open = async (broken: string[]): Promise<Edge> => {
  const edge = await openEdge({
    plane: "relay",
    client: client(),
    dir: join(dir, "edge"),
    log: { feedBroken: (how) => broken.push(how) },
  });
  scope.add(() => edge.close());
  await waitFor(() => edge.isInformed && !edge.isSilent, { what: "the edge" });
  return edge;
};

const revokeSome = async (count: number): Promise<void> => {
  for (let at = 0; at < count; at += 1)
    await fixture.revokeCredential((await fixture.addCredential(owner.accountId, "api")).id);
};

/** As upkeep does once everything so far is old enough. */
const compact = (): Promise<void> =>
  fixture.change(async (tx) => {
    await sql`reset role`.execute(tx.db);
    await purgeRevocations(tx.db, new Date(tx.nowMs + 1));
  });

const numbersAfter = async (after: number | undefined): Promise<unknown> => {
  const asking = client();
  const stop = new AbortController();
  try {
    const opened = await asking.revocations(after, stop.signal);
    if (opened.kind === "compacted") return opened;
    for await (const lines of opened.lines)
      return lines.map((line) => ("seq" in line ? line.seq : { head: line.head }));
    return undefined;
  } finally {
    stop.abort();
    await asking.close();
  }
};

describe("a revocation of many", () => {
  it("reaches edges: of what one names there are as many as it takes", async () => {
    const edge = await open([]);
    const { cursor } = edge.stats();
    const keys: { readonly id: string }[] = [];
    for (let count = 0; count < 70; count += 1)
      keys.push(await fixture.addCredential(owner.accountId, "api"));
    await fixture.change(async (tx) =>
      tx.revoke(
        keys.map(({ id }) => id),
        "test",
      ),
    );
    await waitFor(() => edge.stats().cursor === cursor + 2, { what: "both of them" });
    expect(keys.filter(({ id }) => !edge.fence.has(id))).toEqual([]);
    await edge.close();
  });
});

describe("a compacted log", () => {
  it("says from where it is kept, and an edge that stood before that drops what it knew and goes on", async () => {
    await revokeSome(3);
    const broken: string[] = [];
    const first = await open(broken);
    const seen = first.stats().cursor;
    await first.close();
    await revokeSome(2);
    await compact();
    const head = seen + 2;
    await revokeSome(1);

    expect(await numbersAfter(seen)).toEqual({ kind: "compacted", head: head + 1, oldest: head });
    expect(await numbersAfter(head)).toEqual([head + 1, { head: head + 1 }]);
    expect(await numbersAfter(undefined)).toEqual([head + 1, { head: head + 1 }]);
    expect(await numbersAfter(head + 2)).toMatchObject({ kind: "compacted" });

    const second = await open(broken);
    await waitFor(() => second.stats().cursor === head + 1, { what: "the newest revocation" });
    expect(broken).toEqual(["lost"]);
    expect(second.fence.floor).toBe(head);
    // What is made now is good, and is revoked as ever.
    const { id, token } = await fixture.addCredential(owner.accountId, "api");
    expect((await second.verdict(token, "main")).kind).toBe("active");
    await fixture.revokeCredential(id);
    await waitFor(async () => (await second.verdict(token, "main")).kind === "inactive", {
      what: "the revocation",
    });
    expect(broken).toEqual(["lost"]);
  });
});

describe("a heartbeat", () => {
  it("is left out while the database does not answer: nobody here would hear what another process revokes", async () => {
    const looks = [false, true];
    let looked = 0;
    const streams = new RevocationStreams({
      wallMs: () => looked,
      revocations: {
        head: 0,
        get isCurrent() {
          const isCurrent = looks[looked] ?? true;
          looked += 1;
          return isCurrent;
        },
        bounds: async () => ({ head: 0, oldest: 0 }),
        read: async () => [],
        follow: () => () => undefined,
        committed: () => undefined,
        close: async () => undefined,
      },
    });
    const app = fastify();
    app.get("/", (_request, reply) => streams.serve(reply, undefined));
    try {
      const response = await fetch(await app.listen({ host: "127.0.0.1", port: 0 }));
      const lines: string[] = [];
      for await (const chunk of response.body ?? []) {
        lines.push(...Buffer.from(chunk).toString().trim().split("\n"));
        if (lines.length === 2) break;
      }
      // The first stands at the end of what was missed.
      expect(lines.map((line) => JSON.parse(line))).toEqual([
        { head: 0, nowMs: 0 },
        { head: 0, nowMs: 2 },
      ]);
    } finally {
      streams.close();
      await app.close();
    }
  });
});

describe("an edge that leaves before its stream has begun", () => {
  it("is followed by nothing: neither counted, nor sent what comes, nor a heartbeat", async () => {
    const asked = Promise.withResolvers<void>();
    const left = Promise.withResolvers<void>();
    let followers = 0;
    const streams = new RevocationStreams({
      wallMs: () => 0,
      revocations: {
        head: 0,
        isCurrent: true,
        bounds: async () => {
          asked.resolve();
          await left.promise;
          return { head: 0, oldest: 0 };
        },
        read: async () => [],
        follow: () => {
          followers += 1;
          return () => {
            followers -= 1;
          };
        },
        committed: () => undefined,
        close: async () => undefined,
      },
    });
    const app = fastify();
    const served = Promise.withResolvers<void>();
    app.get("/", (_request, reply) => {
      reply.raw.once("close", left.resolve);
      const serving = streams.serve(reply, undefined);
      void serving.then(() => served.resolve(), served.reject);
      return serving;
    });
    try {
      const url = await app.listen({ host: "127.0.0.1", port: 0 });
      const leaving = new AbortController();
      const asking = fetch(url, { signal: leaving.signal }).catch(() => undefined);
      await asked.promise;
      leaving.abort();
      await asking;
      await served.promise;
      expect([streams.count, followers]).toEqual([0, 0]);
    } finally {
      await app.close();
    }
  });
});

describe("a control plane that stops", () => {
  it("ends the streams at once and waits for no edge", async () => {
    const stopping = await ControlFixture.open();
    try {
      const ada = await stopping.addAccount("ada", "owner");
      const { body } = await stopping.ask("POST", "/v1/edges", {
        token: ada.token,
        body: { name: "relay-1", kind: "relay" },
      });
      const asking = createControlClient({
        url: `https://127.0.0.1:${stopping.control.internalPort}`,
        token: body.secret,
        caPin: stopping.control.caPin,
      });
      const opened = await asking.revocations(undefined, new AbortController().signal);
      const lines = opened.kind === "lines" ? opened.lines[Symbol.asyncIterator]() : undefined;
      await lines?.next();
      const startedMs = performance.now();
      await stopping.control.drain();
      // Connections that do not end by themselves are given 5 s.
      expect(performance.now() - startedMs).toBeLessThan(4_000);
      await asking.close();
    } finally {
      await stopping.close();
    }
  });
});
