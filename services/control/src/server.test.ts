import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ControlFixture, type TestAccount } from "./testing/control-fixture.ts";

let fixture: ControlFixture;
let owner: TestAccount;

beforeAll(async () => {
  fixture = await ControlFixture.open();
  owner = await fixture.addAccount("ada", "owner");
}, 60_000);
afterAll(() => fixture.close());

it("has the engine that its suite says it runs on", () => {
  expect(fixture.control.engine).toBe(process.env.CMDOP_TEST_ENGINE ?? "pglite");
});

describe("the HTTP application", () => {
  it("makes a fleet whose maker is its owner, and gives it by slug with an ETag", async () => {
    const made = await fixture.ask("POST", "/v1/fleets", {
      token: owner.token,
      body: { name: "Production", slug: "production" },
    });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ slug: "production", role: "owner", outagePolicy: "best_effort" });
    const got = await fixture.ask("GET", "/v1/fleets/production", { token: owner.token });
    expect(got.body).toEqual(made.body);
    expect(got.headers.etag).toBe('"1"');
  });

  it("does a request with an Idempotency-Key once, and refuses its key for another", async () => {
    const ask = (name: string) =>
      fixture.ask("POST", "/v1/fleets", {
        token: owner.token,
        body: { name, slug: "once" },
        headers: { "idempotency-key": "the-same-key" },
      });
    const answers = await Promise.all(Array.from({ length: 16 }, () => ask("Once")));
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([201]));
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
    expect(answers.filter((answer) => answer.headers["idempotency-replayed"] === "true")).toHaveLength(15);
    const other = await ask("Other");
    expect([other.status, other.body.code]).toEqual([422, "idempotency_key_reused"]);
  });

  it("answers what is not allowed with a problem, and says of no foreign fleet that it is there", async () => {
    const stranger = await fixture.addAccount("eve");
    const none = await fixture.ask("GET", "/v1/fleets/production");
    expect([none.status, none.body.code, none.headers["content-type"]]).toEqual([
      401,
      "unauthenticated",
      "application/problem+json",
    ]);
    const foreign = await fixture.ask("GET", "/v1/fleets/production", { token: stranger.token });
    const absent = await fixture.ask("GET", "/v1/fleets/nowhere", { token: stranger.token });
    expect([foreign.status, foreign.body.detail]).toEqual([absent.status, absent.body.detail]);
    const wrong = await fixture.ask("POST", "/v1/fleets", { token: owner.token, body: { slug: "No Slug" } });
    expect(wrong.status).toBe(400);
    expect(wrong.body.errors.map((error: { pointer: string }) => error.pointer).sort()).toEqual([
      "/name",
      "/slug",
    ]);
    const method = await fixture.ask("DELETE", "/v1/fleets", { token: owner.token });
    expect([method.status, method.headers.allow]).toEqual([405, "GET, POST"]);
  });

  it("writes every change and every denial into a chain of audit entries", async () => {
    await fixture.control.services.denials.flush();
    const rows = await fixture.control.services.unitOfWork.read("all", (db) =>
      db.selectFrom("audit_entries").select(["seq", "action", "outcome"]).orderBy("seq").execute(),
    );
    expect(rows.map((row) => Number(row.seq))).toEqual(rows.map((_row, index) => index + 1));
    expect(rows.filter((row) => row.action === "fleet.create")).toHaveLength(2);
    expect(rows.some((row) => row.action === "request.denied" && row.outcome === "denied")).toBe(true);
  });
});
