import path from "node:path";
import { parseJoinString } from "@cmdop/authority";
import { decodeJwt } from "jose";
import { Agent, request as send } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ControlFixture, type TestAccount } from "../../testing/control-fixture.ts";
import { TestMachine } from "../../testing/test-machine.ts";

let fixture: ControlFixture;
let owner: TestAccount;
let fleetId: string;

beforeAll(async () => {
  fixture = await ControlFixture.open();
  owner = await fixture.addAccount("ada", "owner");
  const { body } = await fixture.ask("POST", "/v1/fleets", {
    token: owner.token,
    body: { name: "Production", slug: "production" },
  });
  fleetId = body.id;
}, 60_000);
afterAll(() => fixture.close());

const tokens = "/v1/fleets/production/join-tokens";
const makeToken = async (body: object = {}): Promise<{ id: string; secret: string; version: number }> =>
  (await fixture.ask("POST", tokens, { token: owner.token, body })).body;

describe("join tokens", () => {
  it("are shown once, as a string that names the server's key; lists show which key and no secret", async () => {
    const made = await makeToken({ name: "racks", tags: ["web", "eu"] });
    expect(parseJoinString(made.secret)).toMatchObject({ pins: [fixture.control.caPin] });
    const { body } = await fixture.ask("GET", tokens, { token: owner.token });
    const listed = body.items.find((item: { id: string }) => item.id === made.id);
    expect(listed).toMatchObject({
      name: "racks",
      tags: ["web", "eu"],
      pins: [fixture.control.caPin],
      state: "live",
      uses: 0,
      maxUses: 1,
    });
    expect(Date.parse(listed.expiresAt) - Date.parse(listed.createdAt)).toBe(3_600_000);
    expect(JSON.stringify(body)).not.toContain(parseJoinString(made.secret)?.token.slice(-38));
  });

  it("do nothing once they are revoked, run out or used up, and each says which", async () => {
    const revoked = await makeToken();
    expect((await fixture.ask("DELETE", `${tokens}/${revoked.id}`, { token: owner.token })).status).toBe(204);
    const machine = new TestMachine(fixture, "late");
    const refused = await machine.join(revoked.secret);
    expect([refused.status, refused.body.code]).toEqual([401, "token_revoked"]);
    const used = await makeToken();
    expect((await new TestMachine(fixture, "first").join(used.secret)).status).toBe(201);
    const second = await machine.join(used.secret);
    expect([second.status, second.body.code]).toEqual([410, "gone"]);
    const stranger = await fixture.addAccount("eve");
    const foreign = await fixture.ask("POST", tokens, { token: stranger.token, body: {} });
    expect(foreign.status).toBe(404);
  });

  it("are made without a credential by the socket in the control plane's directory alone", async () => {
    const socket = new Agent({ connect: { socketPath: path.join(fixture.home, "control", "control.sock") } });
    const answer = await send("http://localhost/local/v1/machines", {
      method: "POST",
      dispatcher: socket,
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ fleet: "production" }),
    });
    const { secret } = (await answer.body.json()) as { secret: string };
    await socket.close();
    expect((await new TestMachine(fixture, "this").join(secret)).status).toBe(201);
    expect((await fixture.ask("POST", "/local/v1/machines", { body: {} })).status).toBe(404);
  });
});

describe("joining", () => {
  it("gives a machine an id, its fleet, and a token that is bound to its key and can be revoked", async () => {
    const machine = new TestMachine(fixture, "web-1.local");
    const { status, body } = await machine.join((await makeToken()).secret);
    expect([status, body.fleet]).toEqual([201, { id: fleetId, slug: "production" }]);
    const claims = decodeJwt(body.token);
    expect(claims).toMatchObject({ sub: body.machineId, name: "web-1.local", flt: fleetId });
    expect(claims.cnf).toEqual({ kid: machine.fingerprint });
    expect(claims.sbj).toEqual([body.machineId, fleetId, machine.fingerprint]);
    expect(Date.parse(body.expiresAt) - Date.now()).toBeGreaterThan(3_500_000);
  });

  it("lets exactly one of 64 machines in with a token for one", async () => {
    const { secret } = await makeToken();
    const bodies = await Promise.all(
      Array.from({ length: 64 }, (_, index) => new TestMachine(fixture, `racer-${index}`).joinBody(secret)),
    );
    const answers = await Promise.all(bodies.map((body) => fixture.ask("POST", "/v1/join", { body })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 410)).toHaveLength(63);
  });

  it("knows a machine by its key: it comes back as itself, whatever token it shows and whatever became of that", async () => {
    const machine = new TestMachine(fixture, "phoenix");
    const { secret } = await makeToken();
    const first = await machine.join(secret);
    const again = await machine.join(secret, { hostname: "phoenix" });
    expect([again.status, again.body.machineId]).toEqual([200, first.body.machineId]);
    const concurrent = await Promise.all(Array.from({ length: 8 }, () => machine.join(secret)));
    expect(new Set(concurrent.map(({ body }) => body.machineId))).toEqual(new Set([first.body.machineId]));
  });

  it("refuses whoever does not hold the key, and an answer to a challenge that was answered", async () => {
    const { secret } = await makeToken({ maxUses: 10 });
    const machine = new TestMachine(fixture, "thief");
    const body = await machine.joinBody(secret);
    const otherKey = { ...body, publicKey: new TestMachine(fixture, "x").publicKey };
    const otherMark = { ...body, mark: "AAAAAAAAAAAAAAAAAAAAAA" };
    const otherNonce = { ...body, nonce: `${body.nonce}`.replace(/^..../, "AAAA") };
    for (const wrong of [otherKey, otherMark, otherNonce]) {
      const answer = await fixture.ask("POST", "/v1/join", { body: wrong });
      expect([answer.status, answer.body.code]).toEqual([401, "identity_unproven"]);
    }
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => fixture.ask("POST", "/v1/join", { body })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 401, 401, 401]);
  });

  it("gives a machine whose name is taken the next free one", async () => {
    const { secret } = await makeToken({ maxUses: 3 });
    const answers = await Promise.all(
      ["twin", "TWIN", "twin"].map((name) => new TestMachine(fixture, name).join(secret)),
    );
    expect(new Set(answers.map(({ body }) => body.name.toLowerCase()))).toEqual(
      new Set(["twin", "twin-2", "twin-3"]),
    );
  });
});

describe("joining with approval", () => {
  const enrolments = "/v1/fleets/production/enrolments";
  const stateOf = async (enrolmentId: string) =>
    (await fixture.ask("POST", "/v1/join/state", { body: { enrolmentId } })).body.state;

  it("shows the same code on the machine and to whoever decides, and uses one use", async () => {
    const { id, secret } = await makeToken({ approval: true });
    const machine = new TestMachine(fixture, "waits");
    const asked = await machine.join(secret);
    expect(asked.status).toBe(202);
    expect(asked.body.token).toBeUndefined();
    const listed = await fixture.ask("GET", enrolments, { token: owner.token });
    const found = listed.body.items.find((item: { id: string }) => item.id === asked.body.enrolmentId);
    expect(found).toMatchObject({ code: asked.body.code, keyFingerprint: machine.fingerprint });
    expect(await stateOf(found.id)).toBe("waiting");
    expect((await machine.join(secret)).body.code).toBe(asked.body.code);

    const decisions = await Promise.all(
      Array.from({ length: 4 }, () =>
        fixture.ask("POST", `${enrolments}/${found.id}/approve`, { token: owner.token }),
      ),
    );
    expect(decisions.map(({ status }) => status).sort()).toEqual([200, 404, 404, 404]);
    expect(await stateOf(found.id)).toBe("approved");
    expect((await machine.join(secret)).status).toBe(201);
    const { body } = await fixture.ask("GET", tokens, { token: owner.token });
    expect(body.items.find((item: { id: string }) => item.id === id).uses).toBe(1);
  });

  it("lets in what was shown, by the token that it waited with: another one begins anew", async () => {
    const [waited, other] = [
      await makeToken({ approval: true }),
      await makeToken({ approval: true, tags: ["prod"] }),
    ];
    const machine = new TestMachine(fixture, "shown");
    const asked = await machine.join(waited.secret);
    const approve = (id: string) =>
      fixture.ask("POST", `${enrolments}/${id}/approve`, { token: owner.token });
    await approve(asked.body.enrolmentId);
    await fixture.ask("DELETE", `${tokens}/${waited.id}`, { token: owner.token });
    const again = await machine.join(other.secret);
    expect(again.status).toBe(202);
    expect(again.body.enrolmentId).not.toBe(asked.body.enrolmentId);
    await approve(again.body.enrolmentId);
    const joined = await machine.join(other.secret, { name: "another", hostname: "another" });
    expect([joined.status, joined.body.name]).toEqual([201, "shown"]);
  });

  it("turns a machine away for good that was denied", async () => {
    const { secret } = await makeToken({ approval: true, maxUses: 5 });
    const machine = new TestMachine(fixture, "denied");
    const { body } = await machine.join(secret);
    await fixture.ask("POST", `${enrolments}/${body.enrolmentId}/deny`, { token: owner.token });
    const again = await machine.join(secret);
    expect([again.status, again.body.code]).toEqual([403, "permission_denied"]);
  });
});
