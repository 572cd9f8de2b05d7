import path from "node:path";
import { Agent, request as send } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ControlFixture } from "../../testing/control-fixture.ts";

let fixture: ControlFixture;
let socket: Agent;

beforeAll(async () => {
  fixture = await ControlFixture.open();
  socket = new Agent({ connect: { socketPath: path.join(fixture.home, "control", "control.sock") } });
}, 60_000);
afterAll(async () => {
  await socket.close();
  await fixture.close();
});

const askLocally = async (at: string, body: unknown) => {
  const answer = await send(`http://localhost${at}`, {
    method: "POST",
    dispatcher: socket,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it knows to be there
  return { status: answer.statusCode, body: (await answer.body.json()) as any };
};

const signIn = () =>
  askLocally("/local/v1/sign-in", { name: "Ada Lovelace", client: { name: "cmdop", hostname: "bastion" } });

describe("sign-in on the control plane's own machine", () => {
  it("makes one owner and one fleet, however many ask at once, and gives each a login of its own", async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, signIn));
    expect(answers.map((answer) => answer.status)).toEqual(Array(8).fill(201));
    expect(answers.filter((answer) => answer.body.isNew)).toHaveLength(1);
    expect(new Set(answers.map((answer) => answer.body.accountId)).size).toBe(1);
    expect(new Set(answers.map((answer) => answer.body.secret)).size).toBe(8);
    const fleets = await fixture.ask("GET", "/v1/fleets", { token: answers[0]?.body.secret });
    expect(fleets.body.items).toMatchObject([{ slug: "default", role: "owner" }]);
  });

  it("is not there for whoever comes by the network", async () => {
    for (const at of ["/local/v1/sign-in", "/local/v1/sign-in-codes", "/local/v1/edges"]) {
      const answer = await fixture.ask("POST", at, { body: {} });
      expect([at, answer.status]).toEqual([at, 404]);
    }
  });

  it("gives an address whose code, behind the #, signs one browser in and no second one", async () => {
    await signIn();
    const { body } = await askLocally("/local/v1/sign-in-codes", {});
    const url = new URL(body.url);
    expect([url.pathname, url.search, url.origin]).toEqual([
      "/sign-in",
      "",
      `http://localhost:${fixture.control.port}`,
    ]);
    const code = url.hash.replace("#code=", "");
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => fixture.ask("POST", "/v1/sign-in/code", { body: { code } })),
    );
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, ...Array(7).fill(410)]);
    const cookie = String(answers.find((answer) => answer.status === 200)?.headers["set-cookie"]);
    expect(cookie).toMatch(
      /^__Host-cmdop=cmdop_ses_\w+; Path=\/; HttpOnly; Secure; SameSite=Lax; Max-Age=1209600$/,
    );
    const fleets = await fixture.ask("GET", "/v1/fleets", {
      headers: { cookie: cookie.split(";")[0] ?? "" },
    });
    expect(fleets.status).toBe(200);
  });

  it("makes, lists and revokes the credentials of relays and routers, which open nothing by themselves", async () => {
    const owner = (await signIn()).body.secret;
    const made = await askLocally("/local/v1/edges", { name: "relay-1", kind: "relay" });
    expect(made.body.secret).toMatch(/^cmdop_edg_/);
    const { secret, ...edge } = made.body;
    expect((await fixture.ask("GET", "/v1/edges", { token: owner })).body.items).toEqual([edge]);
    expect((await fixture.ask("GET", "/v1/fleets", { token: secret })).status).toBe(401);
    expect((await fixture.ask("DELETE", `/v1/edges/${edge.id}`, { token: owner })).status).toBe(204);
    expect((await fixture.ask("DELETE", `/v1/edges/${edge.id}`, { token: owner })).status).toBe(404);
    const rows = await fixture.control.services.unitOfWork.read("all", (db) =>
      db.selectFrom("revocations").select("subjects").execute(),
    );
    expect(rows).toEqual([{ subjects: [edge.id] }]);
  });
});
