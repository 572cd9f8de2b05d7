import { leafHash, parseCheckpoint, verifyInclusion } from "@cmdop/audit";
import { request } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ControlFixture, type TestAccount } from "../../testing/control-fixture.ts";

let fixture: ControlFixture;
let owner: TestAccount;
let other: TestAccount;
let fleetId: string;

beforeAll(async () => {
  fixture = await ControlFixture.open();
  owner = await fixture.addAccount("ada", "owner");
  other = await fixture.addAccount("bob", "member");
  fleetId = (await makeFleet(owner, "one")).id;
  await makeFleet(other, "two");
}, 60_000);
afterAll(() => fixture.close());

const makeFleet = async ({ token }: TestAccount, slug: string) =>
  (await fixture.ask("POST", "/v1/fleets", { token, body: { name: slug, slug } })).body;

const list = async (at: string, account = owner) => {
  const answer = await fixture.ask("GET", at, { token: account.token });
  expect(answer.status).toBe(200);
  return answer.body;
};

const download = async (at: string, account = owner) => {
  const response = await request(`${fixture.url}${at}`, {
    headers: { authorization: `Bearer ${account.token}` },
  });
  return { status: response.statusCode, headers: response.headers, text: await response.body.text() };
};

describe("the audit log's API", () => {
  it("pages the installation's entries, the newest first, without a hole or a repetition", async () => {
    const seqs: number[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const page = await list(`/v1/audit?limit=2${cursor === "" ? "" : `&cursor=${cursor}`}`);
      seqs.push(...page.items.map((item: { seq: number }) => item.seq));
      cursor = page.nextCursor;
    }
    const newest = seqs[0] ?? 0;
    expect(seqs).toEqual(Array.from({ length: newest }, (_none, index) => newest - index));
  });

  it("filters by who, what, to whom, how it ended, request, credential and time", async () => {
    const [made] = (await list("/v1/audit?action=fleet.&limit=1")).items;
    expect(made).toMatchObject({ action: "fleet.create", actor: { id: other.accountId } });
    const { actor, target, requestId, at } = made;
    const later = new Date(Date.parse(at) + 1).toISOString();
    for (const filter of [
      `actor=${actor.id}&action=fleet.create`,
      `target=${target.id}`,
      `requestId=${requestId}`,
      `fingerprint=${actor.fingerprint}&outcome=allowed&action=fleet`,
      `since=${at}&until=${later}&action=fleet.create`,
    ]) {
      expect([
        filter,
        (await list(`/v1/audit?${filter}`)).items.map((item: { seq: number }) => item.seq),
      ]).toEqual([filter, [made.seq]]);
    }
    expect((await list("/v1/audit?action=key.")).items).toEqual([]);
    expect((await list(`/v1/audit?until=${at}`)).items.every((item: { at: string }) => item.at < at)).toBe(
      true,
    );
  });

  it("gives a fleet's auditors their fleet alone, and others nothing", async () => {
    const { items } = await list("/v1/fleets/one/audit");
    expect(items.length).toBeGreaterThan(0);
    expect(items.every((item: { fleet: string }) => item.fleet === fleetId)).toBe(true);
    expect((await fixture.ask("GET", "/v1/fleets/one/audit", { token: other.token })).status).toBe(404);
    expect((await fixture.ask("GET", "/v1/audit", { token: other.token })).status).toBe(403);
    const [mine] = (await list("/v1/fleets/two/audit", other)).items;
    const stolen = await fixture.ask("GET", `/v1/fleets/one/audit/${mine.seq}/proof`, { token: owner.token });
    expect(stolen.status).toBe(404);
  });

  it("proves an entry to be in the log that was signed", async () => {
    const [entry] = (await list("/v1/fleets/one/audit?limit=1")).items;
    await fixture.control.services.auditLog.sign();
    const proved = await list(`/v1/fleets/one/audit/${entry.seq}/proof`);
    expect(proved.entry).toEqual(entry);
    const claim = {
      index: entry.seq - 1,
      size: proved.size,
      leaf: leafHash(entry.hash),
      root: parseCheckpoint(proved.checkpoint).root,
      proof: proved.proof,
    };
    expect(verifyInclusion(claim)).toBe(true);
    expect(verifyInclusion({ ...claim, leaf: leafHash(proved.previousHash) })).toBe(false);
    const [checkpoint] = (await list("/v1/audit/checkpoints?limit=1", other)).items;
    expect(checkpoint.checkpoint).toBe(proved.checkpoint);
  });

  it("exports what a filter leaves, says that it cannot be verified, and notes who exported what", async () => {
    const file = await download("/v1/fleets/one/audit/export?action=fleet.");
    expect([file.status, file.headers["content-type"], file.headers["cmdop-audit-verifiable"]]).toEqual([
      200,
      "application/x-ndjson",
      "no",
    ]);
    const lines = file.text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map(({ action }) => action)).toEqual(["fleet.create"]);
    const [noted] = (await list("/v1/fleets/one/audit?limit=1")).items;
    expect(noted).toMatchObject({
      action: "audit.export",
      actor: { id: owner.accountId },
      body: { format: "ndjson", filter: { action: "fleet." } },
    });
  });

  it("exports for spreadsheets", async () => {
    const file = await download("/v1/audit/export?format=csv&action=fleet.");
    const lines = file.text.trimEnd().split("\r\n");
    expect(lines[0]?.startsWith("seq,at,actor_kind")).toBe(true);
    expect([lines.length, file.headers["cmdop-audit-verifiable"]]).toEqual([3, "no"]);
  });
});
