import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { waitFor } from "@cmdop/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { auditDeliveriesKeptMax, webhookFailingMaxMs } from "../../core/webhooks/webhook-policy.ts";
import { wakeSenders } from "../../store/webhooks/enqueue-deliveries.ts";
import { ControlFixture, type TestAccount } from "../../testing/control-fixture.ts";

interface Received {
  readonly path: string;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const received: Received[] = [];
const statuses = new Map<string, number>();
/** What is asked there is answered when this resolves. */
const held = new Map<string, Promise<void>>();
const receiver = createServer((request, response) => {
  const path = request.url ?? "";
  let body = "";
  request.on("data", (piece) => {
    body += String(piece);
  });
  request.on("end", () => {
    const status = statuses.get(path) ?? 200;
    received.push({ path, status, headers: request.headers, body });
    // A receiver that stands still holds its own deliveries alone.
    if (path === "/stuck") return;
    void (held.get(path) ?? Promise.resolve()).then(() => {
      response.writeHead(status, { location: "/elsewhere" });
      response.end("planted-answer");
    });
  });
});

let fixture: ControlFixture;
let owner: TestAccount;
let base: string;
let fleetId: string;

beforeAll(async () => {
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  fixture = await ControlFixture.open({ env: { CMDOP_CONTROL_WEBHOOK_RANGES: "127.0.0.0/8" } });
  owner = await fixture.addAccount("ada", "owner");
  fleetId = (await ask("POST", "/v1/fleets", { name: "Main", slug: "main" })).body.id;
}, 60_000);
afterAll(async () => {
  await fixture.close();
  receiver.closeAllConnections();
  await new Promise((resolve) => receiver.close(resolve));
});

const ask = (method: "GET" | "POST" | "PATCH" | "DELETE", at: string, body?: unknown, version?: number) =>
  fixture.ask(method, at, {
    token: owner.token,
    ...(body === undefined ? {} : { body }),
    ...(version === undefined ? {} : { headers: { "if-match": `"${version}"` } }),
  });

const make = async (name: string, topics = ["key.*"]) => {
  const made = await ask("POST", "/v1/fleets/main/webhooks", { name, url: `${base}/${name}`, topics });
  expect(made.status).toBe(201);
  return made.body;
};

const at = (path: string): readonly Received[] => received.filter((one) => one.path === path);

const deliveries = async (name: string) =>
  (await ask("GET", `/v1/fleets/main/webhooks/${name}/deliveries`)).body.items;

const finished = (name: string, id: string) =>
  waitFor(
    async () =>
      (await deliveries(name)).find(
        (one: { id: string; status: number | null; error: string | null }) =>
          one.id === id && (one.status ?? one.error) !== null,
      ),
    {
      what: "a try to be over",
      timeoutMs: 10_000,
      everyMs: 100,
    },
  );

describe("webhooks", () => {
  it("tell what was done, signed over its time and text, once for those who asked for it", async () => {
    const { secret, id } = await make("signed", ["webhook.create", "key.*"]);
    expect(secret).toMatch(/^cmdop_whs_\w{43}$/);
    await make("other", ["key.*"]);
    const told = (): Received | undefined => at("/signed").find(({ body }) => body.includes('"other"'));
    const { headers, body } = await waitFor(told, { what: "a delivery" });
    const expected = createHmac("sha256", secret)
      .update(`${headers["x-cmdop-timestamp"]}.${body}`)
      .digest("hex");
    expect(headers["x-cmdop-signature"]).toBe(`sha256=${expected}`);
    const event = JSON.parse(body);
    expect(event).toMatchObject({
      id: headers["x-cmdop-delivery"],
      type: "webhook.create",
      actor: { kind: "account", id: owner.accountId },
      data: { name: "other" },
    });
    const seen = await finished("signed", event.id);
    expect(seen).toMatchObject({ state: "delivered", attempts: 1, status: 200 });
    // Of its own making, and of the other's.
    expect(at("/signed")).toHaveLength(2);
    expect(at("/other")).toHaveLength(0);
    const shown = await ask("GET", `/v1/fleets/main/webhooks/${id}`);
    expect(shown.body).not.toHaveProperty("secret");
    expect(await fixture.dumpDatabase()).not.toContain(secret);
    expect(await fixture.dumpDatabase()).not.toContain("planted-answer");
  });

  it("are not told of what did not commit", async () => {
    await make("rolled", ["test.change"]);
    await expect(
      fixture.change(async (tx) => {
        tx.audit({ action: "test.change", fleet: fleetId, body: {} });
        throw new Error("no");
      }),
    ).rejects.toThrow("no");
    expect(await deliveries("rolled")).toEqual([]);
    await fixture.change(async (tx) => {
      tx.audit({ action: "test.change", fleet: fleetId, body: {} });
    });
    expect(await deliveries("rolled")).toHaveLength(1);
  });

  it("are tried again later, follow no redirect, and are sent again on demand with the same id", async () => {
    await make("moody");
    statuses.set("/moody", 302);
    const { body: sent, status } = await ask("POST", "/v1/fleets/main/webhooks/moody/test");
    expect(status).toBe(202);
    const failed = await finished("moody", sent.id);
    expect(failed).toMatchObject({ state: "waiting", attempts: 1, status: 302 });
    expect(Date.parse(failed.nextAt) - Date.now()).toBeGreaterThan(20_000);
    expect(at("/elsewhere")).toHaveLength(0);
    statuses.set("/moody", 200);
    await fixture.change((tx) =>
      tx.db.updateTable("webhook_deliveries").set({ next_at: tx.now }).where("id", "=", sent.id).execute(),
    );
    await waitFor(async () => (await finished("moody", sent.id)).state === "delivered", {
      what: "the second try",
      timeoutMs: 10_000,
      everyMs: 100,
    });
    await ask("POST", `/v1/fleets/main/webhooks/moody/deliveries/${sent.id}/redeliver`);
    await waitFor(() => at("/moody").length === 3, { what: "the third", timeoutMs: 10_000, everyMs: 100 });
    expect(new Set(at("/moody").map(({ headers }) => headers["x-cmdop-delivery"]))).toEqual(
      new Set([sent.id]),
    );
  });

  it("try late where they are by then: at a new address, and nowhere once they are disabled or removed", async () => {
    const sent = new Map<string, string>();
    for (const name of ["relocated", "shut", "gone"]) {
      await make(name);
      statuses.set(`/${name}`, 503);
      sent.set(name, (await ask("POST", `/v1/fleets/main/webhooks/${name}/test`)).body.id);
      await finished(name, sent.get(name) ?? "");
    }
    const change = async (name: string, body: object) => {
      const { version } = (await ask("GET", `/v1/fleets/main/webhooks/${name}`)).body;
      expect((await ask("PATCH", `/v1/fleets/main/webhooks/${name}`, body, version)).status).toBe(200);
    };
    await change("relocated", { url: `${base}/new-address` });
    await change("shut", { isEnabled: false });
    await change("shut", { isEnabled: true });
    expect((await ask("DELETE", "/v1/fleets/main/webhooks/gone")).status).toBe(204);
    await fixture.change(async (tx) => {
      const ids = [...sent.values()];
      await tx.db.updateTable("webhook_deliveries").set({ next_at: tx.now }).where("id", "in", ids).execute();
      await wakeSenders(tx.db);
    });
    const again = await waitFor(() => at("/new-address")[0], { what: "the late try" });
    expect([again.headers["x-cmdop-delivery"], at("/relocated").length]).toEqual([sent.get("relocated"), 1]);
    // All that is due is taken at once: whoever was tried again would have two tries now.
    expect(await deliveries("shut")).toMatchObject([
      { state: "failed", attempts: 1, error: "the webhook was disabled" },
    ]);
    const left = await fixture.control.services.unitOfWork.read("all", (db) =>
      db
        .selectFrom("webhook_deliveries")
        .select("id")
        .where("id", "=", sent.get("gone") ?? "")
        .execute(),
    );
    expect([left, at("/shut").length, at("/gone").length]).toEqual([[], 1, 1]);
  });

  it("heed no answer that comes after they were disabled, or after another process took the delivery", async () => {
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
    const names = ["disabled-meanwhile", "taken-meanwhile"] as const;
    for (const name of names) {
      held.set(`/${name}`, answered);
      statuses.set(`/${name}`, 500);
      await make(name);
      await ask("POST", `/v1/fleets/main/webhooks/${name}/test`);
      await waitFor(() => at(`/${name}`).length === 1, { what: "the try" });
    }
    const [{ version }, { id: taken }] = await Promise.all(
      names.map(async (name) => (await ask("GET", `/v1/fleets/main/webhooks/${name}`)).body),
    );
    await ask("PATCH", `/v1/fleets/main/webhooks/${names[0]}`, { isEnabled: false }, version);
    // As a control plane does that finds the lease over.
    const leaseUntil = new Date(Date.now() + 60_000);
    await fixture.change((tx) =>
      tx.db
        .updateTable("webhook_deliveries")
        .set({ attempts: 2, next_at: leaseUntil })
        .where("webhook_id", "=", taken)
        .execute(),
    );
    answer();
    for (const name of names) {
      await waitFor(
        async () => (await ask("GET", `/v1/fleets/main/webhooks/${name}`)).body.failingSince !== null,
        { what: "the late answer to be noted", everyMs: 50 },
      );
    }
    expect(await deliveries(names[0])).toMatchObject([
      { state: "failed", attempts: 1, status: null, error: "the webhook was disabled" },
    ]);
    expect(await deliveries(names[1])).toMatchObject([
      { state: "waiting", attempts: 2, status: null, nextAt: leaseUntil.toISOString() },
    ]);
  });

  it("that stand still hold no other one up", async () => {
    await make("stuck");
    await make("quick");
    for (let n = 0; n < 6; n += 1) await ask("POST", "/v1/fleets/main/webhooks/stuck/test");
    await waitFor(() => at("/stuck").length === 4, { what: "as many as one may have at once" });
    const { body: sent } = await ask("POST", "/v1/fleets/main/webhooks/quick/test");
    expect(await finished("quick", sent.id)).toMatchObject({ state: "delivered" });
    expect(at("/stuck")).toHaveLength(4);
  });

  it("are refused at once where nothing would be delivered, with what to do", async () => {
    const { version } = await make("moved");
    for (const url of [
      "https://169.254.169.254/latest",
      "https://10.0.0.1/",
      "http://example.org/",
      "http://localhost:8080/",
    ]) {
      const made = await ask("POST", "/v1/fleets/main/webhooks", { name: "new", url, topics: ["key.*"] });
      const moved = await ask("PATCH", "/v1/fleets/main/webhooks/moved", { url }, version);
      expect([url, made.status, made.body.code]).toEqual([url, 400, "invalid_argument"]);
      expect([url, moved.status, moved.body.code]).toEqual([url, 400, "invalid_argument"]);
      expect(made.body.detail).toContain("CMDOP_CONTROL_WEBHOOK_RANGES");
    }
  });

  it("reach no private address that was not allowed, and do not say what is there", async () => {
    // One that was made when more was allowed.
    await make("narrowed");
    for (const [name, url] of [
      ["metadata", "https://169.254.169.254/latest"],
      ["inner", "https://10.0.0.1/"],
      ["mapped", "https://[::ffff:10.0.0.1]/"],
      ["plain", "http://example.org/"],
    ] as const) {
      await fixture.change(({ db }) =>
        db.updateTable("webhooks").set({ url }).where("name", "=", "narrowed").execute(),
      );
      const { body: sent } = await ask("POST", "/v1/fleets/main/webhooks/narrowed/test");
      expect([name, (await finished("narrowed", sent.id)).error]).toEqual([name, "the address is refused"]);
    }
  });

  it("are disabled with an audit entry when nothing was delivered for days, and enabled by hand", async () => {
    const { id } = await make("dead");
    statuses.set("/dead", 500);
    const { body: sent } = await ask("POST", "/v1/fleets/main/webhooks/dead/test");
    await finished("dead", sent.id);
    await fixture.change(async (tx) => {
      const longAgo = new Date(tx.nowMs - webhookFailingMaxMs);
      await tx.db.updateTable("webhooks").set({ failing_since: longAgo }).where("id", "=", id).execute();
      await tx.db
        .updateTable("webhook_deliveries")
        .set({ attempts: 4, next_at: tx.now })
        .where("id", "=", sent.id)
        .execute();
      // As a new delivery does: the look that comes by itself is proven above.
      await wakeSenders(tx.db);
    });
    const disabled = await waitFor(
      async () => {
        const { body } = await ask("GET", "/v1/fleets/main/webhooks/dead");
        return body.isEnabled ? undefined : body;
      },
      { what: "it to be disabled", timeoutMs: 10_000, everyMs: 100 },
    );
    const [entry] = (await ask("GET", "/v1/fleets/main/audit?action=webhook.disable")).body.items;
    expect(entry).toMatchObject({ actor: { kind: "system" }, target: { id } });
    expect((await ask("POST", "/v1/fleets/main/webhooks/dead/test")).status).toBe(409);
    const enabled = await ask(
      "PATCH",
      "/v1/fleets/main/webhooks/dead",
      { isEnabled: true },
      disabled.version,
    );
    expect(enabled.body).toMatchObject({ isEnabled: true, failingSince: null });
    expect((await ask("DELETE", "/v1/fleets/main/webhooks/dead")).status).toBe(204);
    expect((await ask("GET", "/v1/fleets/main/webhooks/dead")).status).toBe(404);
  });
});

interface Entry {
  readonly seq: number;
  readonly action: string;
  readonly outcome: string;
  readonly actor: { readonly id: string };
  readonly fleet?: string;
  readonly body: { readonly n?: number };
}

interface EntriesEvent {
  readonly type: string;
  readonly fleet: string | null;
  readonly data: {
    readonly after: number;
    readonly through: number;
    readonly archivedThrough?: number;
    readonly entries: readonly Entry[];
  };
}

/** What was taken there, in the order in which it came. */
const takenAt = (path: string): readonly EntriesEvent[] =>
  at(path)
    .filter(({ status, body }) => status === 200 && body.includes('"type":"audit.entry"'))
    .map(({ body }) => JSON.parse(body));

const entriesAt = (path: string): readonly Entry[] => takenAt(path).flatMap(({ data }) => data.entries);

/** Without an entry of its own. */
const wake = () =>
  fixture.control.services.unitOfWork.record(
    { kind: "system", id: "test" },
    { requestId: "test" },
    ({ db }) => wakeSenders(db),
  );

const entryAt = (path: string, isWanted: (entry: Entry) => boolean): Promise<Entry> =>
  waitFor(
    async () => {
      await wake();
      return entriesAt(path).find(isWanted);
    },
    { what: "an entry", timeoutMs: 10_000, everyMs: 100 },
  );

describe("webhooks of the audit log", () => {
  it("are told every entry as it is there, denials too, signed, in order; the installation's of every fleet", async () => {
    const bob = await fixture.addAccount("bob");
    await fixture.addMember(fleetId, bob.accountId, "viewer");
    const { secret } = await make("siem", ["audit.entry"]);
    await make("changes", ["*"]);
    const made = await ask("POST", "/v1/webhooks", { name: "siem", url: `${base}/installation` });
    expect([made.status, made.body.topics]).toEqual([201, ["audit.entry"]]);
    const as = { token: bob.token };
    expect((await fixture.ask("GET", "/v1/fleets/main/webhooks", as)).status).toBe(403);
    expect((await fixture.ask("GET", "/v1/accounts", as)).status).toBe(403);

    const isDenied = (entry: Entry): boolean =>
      entry.actor.id === bob.accountId && entry.outcome === "denied" && entry.action === "request.denied";
    await entryAt("/siem", isDenied);
    await entryAt("/installation", (entry) => isDenied(entry) && entry.fleet === fleetId);
    await entryAt("/installation", (entry) => isDenied(entry) && entry.fleet === undefined);

    for (const [path, list] of [
      ["/siem", "/v1/fleets/main/audit"],
      ["/installation", "/v1/audit"],
    ] as const) {
      const events = takenAt(path);
      const [first, last] = [events[0]?.data, events.at(-1)?.data];
      const { items } = (await ask("GET", `${list}?limit=200`)).body as { items: Entry[] };
      const expected = items
        .filter(({ seq }) => seq > (first?.after ?? 0) && seq <= (last?.through ?? 0))
        .reverse();
      expect(events.flatMap(({ data }) => data.entries)).toEqual(expected);
      expect(expected.length).toBeGreaterThan(1);
      expect(events.slice(1).map(({ data }) => data.after)).toEqual(
        events.slice(0, -1).map(({ data }) => data.through),
      );
    }
    expect(new Set(takenAt("/siem").map(({ fleet }) => fleet))).toEqual(new Set([fleetId]));
    expect(new Set(takenAt("/installation").map(({ fleet }) => fleet))).toEqual(new Set([null]));
    expect(entriesAt("/siem").every(({ fleet }) => fleet === fleetId)).toBe(true);
    // What matches `*` is no entry, and no denial.
    const types = at("/changes").map(({ body }) => JSON.parse(body).type);
    expect(types.filter((type) => type === "audit.entry" || type === "request.denied")).toEqual([]);

    const [one] = at("/siem");
    const signed = createHmac("sha256", secret)
      .update(`${one?.headers["x-cmdop-timestamp"]}.${one?.body}`)
      .digest("hex");
    expect(one?.headers["x-cmdop-signature"]).toBe(`sha256=${signed}`);
    const deleted = await ask("DELETE", "/v1/webhooks/siem");
    expect([deleted.status, (await ask("GET", "/v1/webhooks/siem")).status]).toEqual([204, 404]);
  });

  it("miss nothing while they are away: a flood waits in the log, one delivery of it at the webhook", async () => {
    await make("away", ["audit.entry"]);
    statuses.set("/away", 503);
    const flood = 450;
    await fixture.change(async (tx) => {
      for (let n = 0; n < flood; n += 1)
        tx.audit({ action: "test.flood", fleet: fleetId, outcome: "denied", reason: "no", body: { n } });
    });
    await wake();
    const waiting = await waitFor(
      async () => (await deliveries("away")).find(({ status }: { status: number | null }) => status === 503),
      { what: "the first try", timeoutMs: 10_000, everyMs: 100 },
    );
    // Long after any other delivery would have been given up.
    await fixture.change(async ({ db, now }) => {
      await db
        .updateTable("webhook_deliveries")
        .set({ attempts: 9, next_at: now })
        .where("id", "=", waiting.id)
        .execute();
      await wakeSenders(db);
    });
    await waitFor(() => at("/away").length === 2, { what: "another try" });
    const again = await waitFor(
      async () => (await deliveries("away")).find((one: { attempts: number }) => one.attempts === 10),
      { what: "its outcome", timeoutMs: 10_000, everyMs: 100 },
    );
    expect([again.state, (await deliveries("away")).length]).toEqual(["waiting", 1]);

    const { version } = (await ask("GET", "/v1/fleets/main/webhooks/away")).body;
    const shut = await ask("PATCH", "/v1/fleets/main/webhooks/away", { isEnabled: false }, version);
    statuses.set("/away", 200);
    await ask("PATCH", "/v1/fleets/main/webhooks/away", { isEnabled: true }, shut.body.version);
    await entryAt("/away", ({ body }) => body.n === flood - 1);
    const numbers = entriesAt("/away").flatMap(({ body }) => body.n ?? []);
    expect(numbers).toEqual(Array.from({ length: flood }, (_none, n) => n));
    expect(takenAt("/away").length).toBeLessThanOrEqual(4);
  });

  it("say what the archive has in their stead, and keep so many deliveries that are over", async () => {
    const { id } = await make("late");
    await fixture.change(async ({ db, now }) => {
      const after = JSON.stringify({ seq: 1, hash: "0".repeat(64), frontier: ["0".repeat(64)] });
      const segment = { from_seq: 1, to_seq: 1, file: "audit-1.ndjson", bytes: 1, sha256: "0".repeat(64) };
      await db
        .insertInto("audit_segments")
        .values({ ...segment, after, sealed_at: now })
        .execute();
      await db.updateTable("audit_segments").set({ removed_at: now }).execute();
      const over = {
        webhook_id: id,
        fleet_id: fleetId,
        type: "audit.entry",
        body: "{}",
        state: "delivered",
        next_at: now,
        finished_at: now,
      };
      const rows = Array.from({ length: auditDeliveriesKeptMax + 20 }, (_none, n) => ({
        ...over,
        id: `whd_over${n}`,
        created_at: new Date(n),
        audit_through: n - 10_000,
      }));
      await db.insertInto("webhook_deliveries").values(rows).execute();
      await db.updateTable("webhooks").set({ audit_after: 0 }).where("id", "=", id).execute();
    });
    await entryAt("/late", () => true);
    expect(takenAt("/late")[0]?.data).toMatchObject({ after: 0, archivedThrough: 1 });
    const left = await fixture.control.services.unitOfWork.read("all", (db) =>
      db.selectFrom("webhook_deliveries").select("id").where("webhook_id", "=", id).execute(),
    );
    // And the one that came then.
    expect([0, 1]).toContain(left.length - auditDeliveriesKeptMax);
  });

  it("are made, moved and read by those alone who may read the audit log", async () => {
    const eve = await fixture.addAccount("eve");
    const rights = ["fleet:read", "webhooks:read", "webhooks:manage"];
    const role = await ask("POST", "/v1/fleets/main/roles", { name: "hooks", rights });
    await fixture.addMember(fleetId, eve.accountId, role.body.id);
    const as = (method: "GET" | "POST" | "PATCH", path: string, body?: unknown, version?: number) =>
      fixture.ask(method, path, {
        token: eve.token,
        ...(body === undefined ? {} : { body }),
        ...(version === undefined ? {} : { headers: { "if-match": `"${version}"` } }),
      });
    const hooks = "/v1/fleets/main/webhooks";
    const mine = (topics: string[]) => ({ name: "mine", url: `${base}/mine`, topics });
    const { version } = (await ask("GET", `${hooks}/siem`)).body;
    const [delivery] = await deliveries("siem");
    const answers = [
      await as("POST", hooks, mine(["key.*"])),
      await as("POST", hooks, { ...mine(["audit.entry"]), name: "more" }),
      await as("PATCH", `${hooks}/siem`, { url: `${base}/mine` }, version),
      await as("GET", `${hooks}/siem/deliveries`),
      await as("POST", `${hooks}/siem/deliveries/${delivery.id}/redeliver`),
      await as("POST", "/v1/webhooks", { name: "mine", url: `${base}/mine` }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([201, 403, 403, 403, 403, 403]);
    expect(at("/mine")).toEqual([]);
  });
});
