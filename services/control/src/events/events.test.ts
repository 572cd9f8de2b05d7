// Who hears of what, for how long, and what is said when something could not be told: over HTTP, by two processes on
// one PostgreSQL.
import { Scope } from "@cmdop/base";
import { TemporaryPostgres, waitFor } from "@cmdop/testkit";
import pg from "pg";
import { request } from "undici";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ControlFixture, type TestAccount } from "../testing/control-fixture.ts";
import { streamsPerCredentialMax } from "./limits.ts";

interface Heard {
  readonly id: string | undefined;
  readonly event: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it knows to be there
  readonly data: any;
}

/** A watcher who reads at once what comes. */
class TestWatcher {
  readonly status: number;
  readonly heard: Heard[] = [];
  isOver = false;
  readonly #body: AsyncIterable<Buffer> & { destroy(): void };

  private constructor(status: number, body: AsyncIterable<Buffer> & { destroy(): void }) {
    this.status = status;
    this.#body = body;
  }

  static async open(
    url: string,
    token: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<TestWatcher> {
    const answer = await request(url, { headers: { authorization: `Bearer ${token}`, ...headers } });
    const watcher = new TestWatcher(answer.statusCode, answer.body as never);
    answer.body.on("error", () => undefined);
    if (answer.statusCode === 200) void watcher.#read();
    else answer.body.resume();
    return watcher;
  }

  async #read(): Promise<void> {
    let text = "";
    try {
      for await (const chunk of this.#body) {
        text += chunk.toString();
        for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
          this.#take(text.slice(0, end));
          text = text.slice(end + 2);
        }
      }
    } catch {
      // Cut by the test or by the server.
    }
    this.isOver = true;
  }

  #take(block: string): void {
    const fields = Object.fromEntries(
      block.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]),
    );
    this.heard.push({ id: fields.id, event: fields.event ?? "", data: JSON.parse(fields.data ?? "null") });
  }

  get changes(): readonly [string, string][] {
    return this.heard.filter(({ event }) => event === "change").map(({ data }) => [data.topic, data.id]);
  }

  until(event: string): Promise<Heard> {
    return waitFor(() => this.heard.find((one) => one.event === event), { what: `the event ${event}` });
  }

  close(): void {
    this.#body.destroy();
  }
}

const scope = new Scope();
let fixture: ControlFixture;
let other: ControlFixture;
let database: pg.Client;
let databaseUrl: string;
let ada: TestAccount;
let fleet: string;
let elsewhere: string;
let watchers: TestWatcher[] = [];

beforeAll(async () => {
  const server = await TemporaryPostgres.start();
  scope.add(() => server.close());
  databaseUrl = server.url(await server.createDatabase());
  fixture = await ControlFixture.open({ databaseUrl });
  scope.add(() => fixture.close());
  other = await ControlFixture.open({ databaseUrl });
  scope.add(() => other.close());
  database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  scope.add(() => database.end());
  ada = await fixture.addAccount("ada", "owner");
  const made = await Promise.all(
    ["main", "side"].map((slug) =>
      fixture.ask("POST", "/v1/fleets", { token: ada.token, body: { name: slug, slug } }),
    ),
  );
  [fleet, elsewhere] = made.map(({ body }) => body.id) as [string, string];
}, 90_000);
afterAll(() => scope.close());
afterEach(() => {
  for (const watcher of watchers) watcher.close();
  watchers = [];
});

const watch = async (
  token: string,
  { query = "", headers = {}, at = fixture, where = fleet } = {},
): Promise<TestWatcher> => {
  const watcher = await TestWatcher.open(`${at.url}/v1/fleets/${where}/events${query}`, token, headers);
  watchers.push(watcher);
  return watcher;
};

const publish = (topic: string, ids: readonly string[], fleetId: string | undefined = fleet): Promise<void> =>
  fixture.control.services.unitOfWork.record(
    { kind: "system", id: "test" },
    { requestId: "test" },
    async (tx) => {
      for (const id of ids) tx.publish(topic, id, fleetId);
    },
  );

describe("events of a fleet", () => {
  it("tell what changed there, in order, and nothing of other fleets", async () => {
    // The fleets were made just now: what that told may come yet, of other topics.
    const watcher = await watch(ada.token, { query: "?topics=machine,session,role" });
    await watcher.until("ready");
    await publish("machine", ["mch_other"], elsewhere);
    await publish("session", ["ses_1", "ses_2"]);
    const { body } = await fixture.ask("POST", `/v1/fleets/${fleet}/roles`, {
      token: ada.token,
      body: { name: "watcher", rights: ["fleet:read"] },
    });
    await waitFor(() => watcher.changes.length >= 3, { what: "three changes" });
    expect(watcher.changes).toEqual([
      ["session", "ses_1"],
      ["session", "ses_2"],
      ["role", body.id],
    ]);
  });

  it("tell of a topic only those who may list it, and refuse one that is asked for without the right", async () => {
    const { accountId, token } = await fixture.addAccount("viewer");
    await fixture.addMember(fleet, accountId, "viewer");
    const watcher = await watch(token);
    const { data } = await watcher.until("ready");
    expect(data.topics).toEqual([
      "machine",
      "alert",
      "session",
      "schedule",
      "run",
      "member",
      "role",
      "fleet",
      "budget",
    ]);
    await publish("keys", ["key_1"]);
    await publish("enrolment", ["enr_1"]);
    await publish("unheard", ["x"]);
    await publish("run.changed", ["run_1"]);
    await waitFor(() => watcher.changes.length > 0, { what: "the change that may be heard" });
    expect(watcher.changes).toEqual([["run", "run_1"]]);
    expect((await watch(token, { query: "?topics=run,audit" })).status).toBe(403);
    expect((await watch(token, { where: elsewhere })).status).toBe(404);
  });

  it("say nothing of a machine to whom it is closed", async () => {
    const { accountId, token } = await fixture.addAccount("shut");
    const member = await fixture.addMember(fleet, accountId, "viewer");
    const [closed = "", open = ""] = await fixture.addMachines(fleet, ["closed", "open"]);
    await fixture.change((tx) =>
      tx.db
        .insertInto("machine_access")
        .values({
          fleet_id: fleet,
          machine_id: closed,
          membership_id: member,
          service_account_id: null,
          level: "none",
          set_at: tx.now,
          set_by: ada.accountId,
        })
        .execute(),
    );
    const watcher = await watch(token, { query: "?topics=machine" });
    await watcher.until("ready");
    await publish("machine", [closed, open]);
    await waitFor(() => watcher.changes.length > 0, { what: "the open machine's change" });
    expect(watcher.changes).toEqual([["machine", open]]);
  });
});

describe("a stream of events ends", () => {
  it("when its credential is revoked, with the reason and nothing after it", async () => {
    const { id, token } = await fixture.addCredential(ada.accountId, "cli");
    const here = await watch(token);
    const there = await watch(token, { at: other });
    await Promise.all([here.until("ready"), there.until("ready")]);
    await fixture.revokeCredential(id);
    for (const watcher of [here, there]) {
      expect((await watcher.until("end")).data).toEqual({ code: "token_revoked" });
      await waitFor(() => watcher.isOver, { what: "the end of the connection" });
    }
    await publish("machine", ["mch_late"]);
    expect(here.changes).toEqual([]);
  });

  it("when its member is removed, and tells less when the role allows less", async () => {
    const { accountId, token } = await fixture.addAccount("leaver");
    const member = await fixture.addMember(fleet, accountId, "admin");
    const watcher = await watch(token);
    expect((await watcher.until("ready")).data.topics).toContain("audit");
    const path = `/v1/fleets/${fleet}/members/${member}`;
    const { headers } = await fixture.ask("GET", path, { token: ada.token });
    const narrowed = await fixture.ask("PATCH", path, {
      token: ada.token,
      body: { role: "viewer" },
      headers: { "if-match": String(headers.etag) },
    });
    expect(narrowed.status).toBe(200);
    await waitFor(() => watcher.heard.filter(({ event }) => event === "ready").length === 2, {
      what: "the topics that are left",
    });
    await publish("keys", ["key_after"]);
    await publish("session", ["ses_after"]);
    await waitFor(() => watcher.changes.some(([, id]) => id === "ses_after"), { what: "what may be heard" });
    expect(watcher.changes.filter(([topic]) => topic === "key")).toEqual([]);
    await fixture.ask("DELETE", path, { token: ada.token });
    expect((await watcher.until("end")).data).toEqual({ code: "permission_denied" });
  });

  it("without a word of what came while it was asked whether they still may", async () => {
    const { accountId, token } = await fixture.addAccount("withheld");
    const member = await fixture.addMember(fleet, accountId, "viewer");
    const watcher = await watch(token);
    const beside = await watch(ada.token, { where: elsewhere });
    await Promise.all([watcher.until("ready"), beside.until("ready")]);
    // The question waits for this transaction.
    await database.query("begin; lock table memberships in access exclusive mode");
    await publish("members", [member]);
    await publish("session", ["ses_withheld"]);
    await publish("session", ["ses_beside"], elsewhere);
    await waitFor(() => beside.changes.length > 0, { what: "the same process to have heard all" });
    await database.query(`delete from memberships where id = '${member}'; commit`);
    expect((await watcher.until("end")).data).toEqual({ code: "permission_denied" });
    expect(watcher.changes).toEqual([]);
  });

  it("for a client that does not read, and nothing more is kept for it", async () => {
    const { services } = fixture.control;
    const { principalOf } = await principals();
    const output = services.eventStreams.open({
      principal: await principalOf(ada.token),
      fleetId: fleet,
      topics: undefined,
      after: undefined,
    });
    const ids = Array.from({ length: 6_000 }, (_, n) => `mch_${"x".repeat(40)}_${n}`);
    await publish("machine", ids);
    await waitFor(() => output.readableEnded || output.readableLength > 256 * 1024, {
      what: "a full buffer",
    });
    await publish("machine", ["mch_more"]);
    let text = "";
    for await (const chunk of output) text += String(chunk);
    expect(text.length).toBeLessThan(300 * 1024);
    expect(text.endsWith('event: end\ndata: {"code":"slow_consumer"}\n\n')).toBe(true);
  });

  it("at the next one beyond the limit of its credential", async () => {
    const { token } = await fixture.addCredential(ada.accountId, "api");
    const open = await Promise.all(Array.from({ length: streamsPerCredentialMax }, () => watch(token)));
    expect(open.map(({ status }) => status)).toEqual(open.map(() => 200));
    expect((await watch(token)).status).toBe(409);
    open[0]?.close();
    await waitFor(async () => (await watch(token)).status === 200, { what: "room for one more" });
  });
});

const principals = async () => {
  const { findPrincipal } = await import("../store/identity/principals.ts");
  const { unitOfWork, clock } = fixture.control.services;
  return {
    principalOf: async (token: string) => {
      const found = await unitOfWork.read("all", (db) => findPrincipal(db, token, clock.wallMs()));
      if (found.kind === "refused") throw new Error(found.code);
      return found.principal;
    },
  };
};

describe("a control plane that stops", () => {
  it("says so to those who watch, and does not wait for them", async () => {
    const stopping = await ControlFixture.open({ databaseUrl });
    const watcher = await watch(ada.token, { at: stopping });
    await watcher.until("ready");
    const startedMs = performance.now();
    await stopping.close();
    // Connections that do not end by themselves are given 5 s.
    expect(performance.now() - startedMs).toBeLessThan(4_000);
    expect((await watcher.until("end")).data).toEqual({ code: "unavailable" });
    await waitFor(() => watcher.isOver, { what: "the end of the connection" });
  }, 20_000);
});

describe("a watcher who comes back", () => {
  it("hears what was missed, from the event that was heard last", async () => {
    const first = await watch(ada.token);
    await first.until("ready");
    await publish("session", ["ses_a", "ses_b"]);
    await waitFor(() => first.changes.length === 2, { what: "two changes" });
    const mark = first.heard.find(({ data }) => data.id === "ses_a")?.id ?? "";
    first.close();
    await publish("session", ["ses_c"]);
    const second = await watch(ada.token, { headers: { "last-event-id": mark } });
    await waitFor(() => second.changes.length === 2, { what: "what was missed" });
    expect(second.changes).toEqual([
      ["session", "ses_b"],
      ["session", "ses_c"],
    ]);
    expect(second.heard.some(({ event }) => event === "resync")).toBe(false);
  });

  it("is told to look at everything anew where its place is not known", async () => {
    const first = await watch(ada.token);
    const { id = "" } = await first.until("ready");
    for (const [at, mark] of [
      [fixture, "none.1"],
      [fixture, "what a browser remembers of somewhere else"],
      [other, id],
    ] as const) {
      const watcher = await watch(ada.token, { headers: { "last-event-id": mark }, at });
      await watcher.until("resync");
      watcher.close();
    }
  });

  it("is told so too when the database's notifications were away", async () => {
    const watcher = await watch(ada.token);
    await watcher.until("ready");
    await database.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'cmdop-control-listener'",
    );
    await watcher.until("resync");
    await publish("session", ["ses_again"]);
    await waitFor(() => watcher.changes.length > 0, { what: "changes again" });
  });
});

describe("several control planes", () => {
  it("tell of what was changed at any of them", async () => {
    const watcher = await watch(ada.token, { at: other });
    await watcher.until("ready");
    await publish("machine", ["mch_there"]);
    await waitFor(() => watcher.changes.length > 0, { what: "the other process's change" });
    expect(watcher.changes).toEqual([["machine", "mch_there"]]);
  });
});
