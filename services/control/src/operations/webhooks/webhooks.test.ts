import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { waitFor } from "@cmdop/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { webhookFailingMaxMs } from "../../core/webhooks/webhook-policy.ts";
import { wakeSenders } from "../../store/webhooks/enqueue-deliveries.ts";
import { ControlFixture, type TestAccount } from "../../testing/control-fixture.ts";

interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const received: Received[] = [];
const statuses = new Map<string, number>();
const receiver = createServer((request, response) => {
  const path = request.url ?? "";
  let body = "";
  request.on("data", (piece) => {
    body += String(piece);
  });
  request.on("end", () => {
    received.push({ path, headers: request.headers, body });
    // A receiver that stands still holds its own deliveries alone.
    if (path === "/stuck") return;
    response.writeHead(statuses.get(path) ?? 200, { location: "/elsewhere" });
    response.end("planted-answer");
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
