// What somebody with the database can do to the audit log, done to a control plane's own PostgreSQL: each is found
// and named; what the database alone cannot tell, by an edge that remembers.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  type AuditReport,
  appendEntry,
  emptyHead,
  parseVerifierKey,
  splitLines,
  verifyChain,
} from "@cmdop/audit";
import { Scope } from "@cmdop/base";
import { createControlClient, type Edge, openEdge } from "@cmdop/edge";
import { TemporaryPostgres, waitFor } from "@cmdop/testkit";
import pg from "pg";
import { request } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ControlFixture, type TestAccount } from "../testing/control-fixture.ts";

const scope = new Scope();
let fixture: ControlFixture;
let owner: TestAccount;
let keeper: pg.Client;
let edge: Edge;
let edgeToken: string;
const witnesses = mkdtempSync(path.join(tmpdir(), "cmdop-witness-"));
/** Of the edge: what it remembers. */
let witnessDir = path.join(witnesses, "first");

beforeAll(async () => {
  scope.add(() => rmSync(witnesses, { recursive: true, force: true }));
  const server = await TemporaryPostgres.start();
  scope.add(() => server.close());
  const databaseUrl = server.url(await server.createDatabase());
  fixture = await ControlFixture.open({ databaseUrl, rateLimits: { enter: async () => undefined } });
  scope.add(() => fixture.close());
  keeper = new pg.Client({ connectionString: databaseUrl });
  await keeper.connect();
  scope.add(() => keeper.end());
  owner = await fixture.addAccount("ada", "owner");
  const { body } = await fixture.ask("POST", "/v1/edges", {
    token: owner.token,
    body: { name: "relay-1", kind: "relay" },
  });
  await act(40);
  await fixture.control.services.auditLog.sign();
  edgeToken = body.secret;
  edge = await openWitness();
  scope.add(() => edge.close());
  await remembered();
  await keeper.query(`
    create schema backup;
    create table backup.audit_entries as table audit_entries;
    create table backup.audit_head as table audit_head;
    create table backup.audit_checkpoints as table audit_checkpoints`);
}, 90_000);
afterAll(() => scope.close());

const openWitness = (): Promise<Edge> =>
  openEdge({
    plane: "relay",
    client: createControlClient({
      url: `https://127.0.0.1:${fixture.control.internalPort}`,
      caPin: fixture.control.caPin,
      token: edgeToken,
    }),
    dir: witnessDir,
    snapshotIntervalMs: 50,
  });

/** What the tables held at the start, put back: an old backup, or the end of a test. */
const restore = () =>
  asKeeper(`
    truncate audit_entries, audit_checkpoints; delete from audit_head;
    insert into audit_entries select * from backup.audit_entries;
    insert into audit_head select * from backup.audit_head;
    insert into audit_checkpoints select * from backup.audit_checkpoints`);

/** As somebody who owns the database and can turn its guards off. */
const asKeeper = async (statements: string): Promise<void> => {
  await keeper.query(`
    begin;
    alter table audit_entries disable trigger user; alter table audit_checkpoints disable trigger user;
    ${statements};
    alter table audit_entries enable trigger user; alter table audit_checkpoints enable trigger user;
    commit`);
};

const act = async (times: number): Promise<void> => {
  for (let n = 0; n < times; n += 1) await fixture.change(async () => undefined);
};

const headSeq = async (): Promise<number> =>
  Number((await keeper.query("select seq from audit_head")).rows[0].seq);

const remembered = async (): Promise<number> => {
  const size = await headSeq();
  await waitFor(() => edge.stats().witness.size >= size, { what: "the edge to remember the log" });
  return size;
};

const witnessFile = (): string => path.join(witnessDir, "witness.json");

/** The export, verified with the key that was noted down and with what the edge remembers. */
const verify = async (): Promise<AuditReport> => {
  const response = await request(`${fixture.url}/v1/audit/export`, {
    headers: { authorization: `Bearer ${owner.token}` },
  });
  expect(response.statusCode).toBe(200);
  const key = parseVerifierKey(fixture.control.services.auditLog.verifierKey);
  const { checkpoint } = JSON.parse(readFileSync(witnessFile(), "utf8"));
  return verifyChain(splitLines(response.body), {
    trust: { origin: key.name, keys: [key] },
    witnesses: [{ name: "relay-1", checkpoint }],
  });
};

const found = ({ problems }: AuditReport) => problems.map(({ kind, seq }) => [kind, seq]);

describe("the audit log of a control plane", () => {
  it("is intact in its own export, signed and witnessed, when nobody touched it", async () => {
    const size = await remembered();
    const report = await verify();
    expect(found(report)).toEqual([]);
    expect(report).toMatchObject({ verdict: "intact", fromSeq: 1 });
    // The export is an entry itself, which may be witnessed by now.
    expect(report.witnessedSize).toBeGreaterThanOrEqual(size);
    expect(report.signedSize).toBe(report.head.seq);
    expect(edge.stats().witness.alarm).toBeUndefined();
  });

  it("refuses a change of its rows while its guards stand, also by the database's owner", async () => {
    await expect(keeper.query("update audit_entries set entry = '{}' where seq = 3")).rejects.toThrow(
      "never changed",
    );
    await expect(keeper.query("delete from audit_checkpoints")).rejects.toThrow("never changed");
    await expect(keeper.query("truncate audit_entries")).rejects.toThrow("never changed");
  });

  it("names the entry in which a bit was flipped", async () => {
    await asKeeper(
      "update audit_entries set entry = replace(entry, 'test.change', 'test.chanfe') where seq = 20",
    );
    expect(found(await verify())).toContainEqual(["entry_altered", 20]);
    await asKeeper(
      "update audit_entries set entry = replace(entry, 'test.chanfe', 'test.change') where seq = 20",
    );
    expect(found(await verify())).toEqual([]);
  });

  it("names the entry that was deleted", async () => {
    await asKeeper("delete from audit_entries where seq = 21");
    expect(found(await verify())).toContainEqual(["entry_missing", 21]);
    await asKeeper("insert into audit_entries select * from backup.audit_entries where seq = 21");
    expect(found(await verify())).toEqual([]);
  });

  it("names the entries whose contents changed places", async () => {
    const swap = `
      update audit_entries a set entry = b.entry, hash = b.hash from audit_entries b
      where (a.seq, b.seq) in ((22, 23), (23, 22))`;
    await asKeeper(swap);
    const kinds = (await verify()).problems.map(({ kind }) => kind);
    expect(kinds).toContain("entry_reordered");
    await asKeeper(swap);
    expect(found(await verify())).toEqual([]);
  });
});

/** Writes a few entries, has them signed and remembered, then cuts them off; gives the size that there was. */
const cutTail = async (): Promise<number> => {
  await keeper.query("create table backup.earlier as table audit_head");
  await act(5);
  await fixture.control.services.auditLog.sign();
  const size = await remembered();
  await asKeeper(`
    delete from audit_entries where seq > (select seq from backup.earlier);
    update audit_head set (seq, hash, frontier) = (select seq, hash, frontier from backup.earlier);
    drop table backup.earlier`);
  return size;
};

describe("a tail that was cut", () => {
  it("is named by the checkpoint that was left, and the key signs nothing more", async () => {
    const size = await cutTail();
    await expect(fixture.control.services.auditLog.sign()).rejects.toMatchObject({ code: "log_corrupt" });
    expect(found(await verify())).toContainEqual(["tail_cut", size]);
  });

  it("together with its checkpoints is named by an edge that remembers, and no restart makes it forget", async () => {
    await restore();
    await waitFor(() => edge.stats().witness.alarm === "rolled_back", { what: "the alarm" });
    const { size } = edge.stats().witness;
    expect(found(await verify())).toContainEqual(["rolled_back", size]);
    await edge.close();
    edge = await openWitness();
    await waitFor(() => edge.stats().witness.alarm === "rolled_back", { what: "the alarm again" });
    expect(edge.stats().witness.size).toBe(size);
  });
});

describe("an old backup that was put back", () => {
  it("is named by an edge that remembers, though it was written on, is whole and freshly signed", async () => {
    const { size } = edge.stats().witness;
    await act(60);
    await fixture.control.services.auditLog.sign();
    expect(await headSeq()).toBeGreaterThan(size);
    await waitFor(() => edge.stats().witness.alarm === "forked", { what: "the alarm" });
    expect(edge.stats().witness.size).toBe(size);
    expect(found(await verify())).toEqual([["forked", size]]);
  });
});

describe("entries that changed places, with the whole chain written anew behind them", () => {
  /** As it would be, had they happened the other way round; with no checkpoint that knows better. */
  const rewrite = async (): Promise<void> => {
    const { rows } = await keeper.query("select entry from audit_entries order by seq");
    const entries = rows.map(({ entry }) => JSON.parse(entry));
    [entries[21], entries[22]] = [entries[22], entries[21]];
    let head = emptyHead;
    const lines = entries.map(({ seq: _seq, ...draft }) => {
      const { canonical, hash, head: next } = appendEntry(head, draft);
      head = next;
      return `(${head.seq}, ${keeper.escapeLiteral(canonical)}, '${hash}')`;
    });
    await asKeeper(`
      delete from audit_checkpoints;
      update audit_entries a set entry = b.entry, hash = b.hash
        from (values ${lines.join(", ")}) b (seq, entry, hash) where a.seq = b.seq;
      update audit_head set hash = '${head.hash}', frontier = '${JSON.stringify(head.frontier)}'`);
  };

  it("are named by an edge that remembers, though the log is whole and freshly signed", async () => {
    await edge.close();
    witnessDir = path.join(witnesses, "second");
    edge = await openWitness();
    const size = await remembered();
    expect(edge.stats().witness.alarm).toBeUndefined();
    await rewrite();
    await act(1);
    await fixture.control.services.auditLog.sign();
    await waitFor(() => edge.stats().witness.alarm === "forked", { what: "the alarm" });
    expect(found(await verify())).toEqual([["forked", size]]);
  });
});
