// Sealing, removal and the growing file as a control plane does them by itself, seen over its API.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  checkCheckpoint,
  leafHash,
  parseVerifierKey,
  splitLines,
  verifyChain,
  verifyInclusion,
} from "@cmdop/audit";
import { Scope } from "@cmdop/base";
import { FakeClock, waitFor } from "@cmdop/testkit";
import { request } from "undici";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ControlFixture, type TestAccount } from "../testing/control-fixture.ts";
import { sealedFileName } from "./audit-archive.ts";

const dayMs = 86_400_000;
const scope = new Scope();
const clock = new FakeClock(Date.UTC(2027, 0, 1));
const dir = mkdtempSync(path.join(tmpdir(), "cmdop-retention-"));
const archive = path.join(dir, "archive");
const file = path.join(dir, "log", "audit.ndjson");
let fixture: ControlFixture;
let owner: TestAccount;

beforeAll(async () => {
  scope.add(() => rmSync(dir, { recursive: true, force: true }));
  fixture = await ControlFixture.open({
    clock,
    env: {
      CMDOP_CONTROL_AUDIT_ARCHIVE: archive,
      CMDOP_CONTROL_AUDIT_KEEP_DAYS: "30",
      CMDOP_CONTROL_AUDIT_FILE: file,
    },
  });
  scope.add(() => fixture.close());
  owner = await fixture.addAccount("ada", "owner");
  await fixture.change(async (tx) => {
    for (let n = 0; n < 1_100; n += 1) tx.audit({ action: "test.change", body: { n } });
  });
  await fixture.control.services.auditLog.sign();
}, 60_000);
afterAll(() => scope.close());

const trust = () => {
  const key = parseVerifierKey(fixture.control.services.auditLog.verifierKey);
  return { origin: key.name, keys: [key] };
};
const ask = (at: string) => fixture.ask("GET", at, { token: owner.token });
const firstFile = path.join(archive, sealedFileName(1, 1_024));

it("seals what is signed and removes its rows after their time, and the API says where they are", async () => {
  clock.advance(60_000);
  await waitFor(() => readdirSync(dir).includes("archive") && readdirSync(archive).length === 2, {
    what: "a sealed file and its sum",
    timeoutMs: 20_000,
  });
  expect((await ask("/v1/audit/7/proof")).status).toBe(200);
  clock.advance(31 * dayMs);
  // A turn that is under way while the clock is moved is followed by one a minute after that.
  const isGone = async (): Promise<boolean> => {
    clock.advance(60_000);
    return (await ask("/v1/audit/7/proof")).status === 410;
  };
  await waitFor(isGone, { what: "the rows to go" });
  const gone = await ask("/v1/audit/7/proof");
  expect([gone.body.code, gone.body.detail]).toEqual([
    "audit_archived",
    `Entry 7 is in ${sealedFileName(1, 1_024)}.`,
  ]);
  const { body: newest } = await ask("/v1/audit?limit=3&action=audit.");
  expect(newest.items.map(({ action }: { action: string }) => action)).toEqual([
    "audit.remove",
    "audit.seal",
  ]);
});

it("proves the first entry that is left, whose predecessor is in the archive", async () => {
  const { status, body } = await ask("/v1/audit/1025/proof");
  expect(status).toBe(200);
  const last = readFileSync(firstFile, "utf8").trim().split("\n").at(-2) ?? "";
  expect(body.previousHash).toBe(JSON.parse(last).hash);
  const checked = checkCheckpoint(body.checkpoint, trust());
  if (checked.kind !== "valid") throw new Error(checked.text);
  const { size, root } = checked.checkpoint;
  const leaf = leafHash(body.entry.hash);
  expect(verifyInclusion({ index: 1_024, size, leaf, root, proof: body.proof })).toBe(true);
});

it("exports what is left so that archive and export verify as one log", async () => {
  const answer = await request(`${fixture.url}/v1/audit/export`, {
    headers: { authorization: `Bearer ${owner.token}` },
  });
  const exported = Buffer.from(await answer.body.arrayBuffer());
  const rest = await verifyChain(splitLines([exported]), { trust: trust() });
  expect(rest).toMatchObject({ verdict: "intact", problems: [], fromSeq: 1_025 });
  const both = async function* () {
    yield* splitLines([readFileSync(firstFile)]);
    yield* splitLines([exported]);
  };
  expect(await verifyChain(both(), { trust: trust(), isWhole: true })).toMatchObject({
    verdict: "intact",
    problems: [],
    fromSeq: 1,
    head: rest.head,
  });
});

it("holds in its growing file every entry, removed ones too", async () => {
  const { body } = await ask("/v1/audit?limit=1");
  clock.advance(1_000);
  const entries = (): number => readFileSync(file, "utf8").split('"seq":').length - 1;
  await waitFor(() => entries() >= body.items[0].seq, {
    what: "the file to be up to date",
    timeoutMs: 20_000,
  });
  const report = await verifyChain(splitLines([readFileSync(file)]), { trust: trust(), isWhole: true });
  expect([report.problems, report.fromSeq, report.entries]).toEqual([[], 1, report.head.seq]);
});
