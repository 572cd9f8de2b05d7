import { createControlClient } from "@cmdop/edge";
import { waitFor } from "@cmdop/testkit";
import { decodeProtectedHeader } from "jose";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Reader } from "../../store/schema.ts";
import { ControlFixture, type TestAccount } from "../../testing/control-fixture.ts";
import { TestMachine } from "../../testing/test-machine.ts";

let fixture: ControlFixture;
let owner: TestAccount;

beforeAll(async () => {
  fixture = await ControlFixture.open();
  owner = await fixture.addAccount("ada", "owner");
  await fixture.ask("POST", "/v1/fleets", { token: owner.token, body: { name: "Main", slug: "main" } });
}, 60_000);
afterAll(() => fixture.close());

const keys = async () => (await fixture.ask("GET", "/v1/signing-keys", { token: owner.token })).body.items;

/** The key set, as an edge that is new here is given it. */
const publishedText = async (name: string): Promise<string> => {
  const { body: edge } = await fixture.ask("POST", "/v1/edges", {
    token: owner.token,
    body: { name, kind: "relay" },
  });
  const client = createControlClient({
    url: `https://127.0.0.1:${fixture.control.internalPort}`,
    token: edge.secret,
    caPin: fixture.control.caPin,
  });
  const snapshot = await client.keySet(undefined);
  await client.close();
  if (snapshot.kind !== "new") throw new Error("an edge that has none is given the key set");
  return snapshot.value;
};

it("are rotated by whoever manages edges: the next one waits a day, in the edges' key set from the first minute", async () => {
  const member = await fixture.addAccount("bob");
  const [before] = await keys();
  expect(before).toMatchObject({ state: "signing", keptUntil: null });
  for (const method of ["GET", "POST"] as const)
    expect((await fixture.ask(method, "/v1/signing-keys", { token: member.token })).status).toBe(403);

  const made = await fixture.ask("POST", "/v1/signing-keys", { token: owner.token });
  expect([made.status, made.body.state]).toEqual([201, "next"]);
  const again = await fixture.ask("POST", "/v1/signing-keys", { token: owner.token });
  expect([again.status, again.body.code]).toEqual([409, "conflict"]);
  expect((await keys()).map(({ id, state }: { id: string; state: string }) => [id, state])).toEqual([
    [before.id, "signing"],
    [made.body.id, "next"],
  ]);
  expect(Date.parse(made.body.signsFrom) - Date.now()).toBeGreaterThan(24 * 3_600_000);

  expect(await publishedText("relay")).toContain(before.id);
  // It is signed with the old one until then.
  const { body: join } = await fixture.ask("POST", "/v1/fleets/main/join-tokens", {
    token: owner.token,
    body: {},
  });
  const joined = await new TestMachine(fixture, "box").join(join.secret);
  expect(decodeProtectedHeader(joined.body.token).kid).toBe(before.id);
  expect(await fixture.dumpDatabase()).not.toContain("PRIVATE KEY");
});

it("are withdrawn by whoever manages edges: a machine's next token is of the new key, and edges are told at once", async () => {
  const member = await fixture.addAccount("eve");
  const at = "/v1/signing-keys/withdrawal";
  expect((await fixture.ask("POST", at, { token: member.token })).status).toBe(403);
  const before: readonly string[] = (await keys()).map(({ id }: { id: string }) => id);
  const { body: join } = await fixture.ask("POST", "/v1/fleets/main/join-tokens", {
    token: owner.token,
    body: {},
  });
  const machine = new TestMachine(fixture, "late");
  expect(decodeProtectedHeader((await machine.join(join.secret)).body.token).kid).toBe(before[0]);

  const made = await fixture.ask("POST", at, { token: owner.token });
  expect([made.status, made.body.key.state, made.body.key.keptUntil]).toEqual([201, "signing", null]);
  expect(made.body.withdrawn).toEqual(before);
  expect((await keys()).map(({ id }: { id: string }) => id)).toEqual([made.body.key.id]);

  expect(JSON.parse(await publishedText("relay-2"))).toEqual({
    keys: [expect.objectContaining({ kid: made.body.key.id })],
    withdrawn: expect.arrayContaining([...before]),
  });
  await waitFor(
    async () => decodeProtectedHeader((await machine.renew()).body.token).kid === made.body.key.id,
    { what: "a token of the new key" },
  );
  expect((await fixture.control.services.unitOfWork.read("all", lastRevocation)).subjects).toEqual(before);
});

const lastRevocation = (db: Reader) =>
  db.selectFrom("revocations").selectAll().orderBy("seq", "desc").limit(1).executeTakeFirstOrThrow();
