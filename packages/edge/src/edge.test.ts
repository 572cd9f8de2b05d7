import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  createPrivateKey25519,
  machineFingerprint,
  mintOpaqueToken,
  mintOperatorToken,
  mintSessionToken,
  rawPublicKey,
  revocationKeys,
} from "@cmdop/authority";
import { newMachineId, newSessionId } from "@cmdop/base";
import { leakCheck, waitFor } from "@cmdop/testkit";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { EdgeFixture, informed } from "../testing/edge-fixture.ts";
import type { FakeControl } from "../testing/fake-control.ts";
import { internalLimits } from "./contract.ts";
import type { Edge, EdgeOptions } from "./edge.ts";
import { edgeLimits } from "./limits.ts";

const checkLeaks = leakCheck();
afterAll(checkLeaks);

let fixture: EdgeFixture;
let control: FakeControl;
let dir: string;

beforeEach(async () => {
  fixture = await EdgeFixture.open();
  ({ control, dir } = fixture);
});
afterEach(() => fixture.close());

const open = (options: Partial<EdgeOptions> = {}): Promise<Edge> =>
  fixture.edge({ snapshotIntervalMs: 50, ...options });
const untilSilent = (edge: Edge): Promise<unknown> =>
  waitFor(() => edge.isSilent, { what: "the feed to be silent", timeoutMs: 8000 });
/** The control plane is down: what it said last is said to be longer ago. */
const silent = (edge: Edge): Promise<unknown> => {
  fixture.clock.advance(internalLimits.silentAfterMs);
  return untilSilent(edge);
};

const machineKey = machineFingerprint(rawPublicKey(createPrivateKey25519()));

describe("opaque tokens", () => {
  test("a text with a wrong checksum is refused without a call, a good one is asked about once", async () => {
    const edge = await open();
    await informed(edge);
    const { token } = control.issue();
    const typo = token.slice(0, -1) + (token.endsWith("0") ? "1" : "0");
    expect(await edge.verdict(typo, undefined)).toEqual({ kind: "inactive", code: "unknown" });
    expect(await edge.verdict("", undefined)).toEqual({ kind: "inactive", code: "unknown" });
    expect(control.calls.introspect).toBe(0);
    const verdicts = await Promise.all(Array.from({ length: 50 }, () => edge.verdict(token, undefined)));
    expect(new Set(verdicts.map(({ kind }) => kind))).toEqual(new Set(["active"]));
    expect((await edge.verdict(token, undefined)).kind).toBe("active");
    expect(control.calls.introspect).toBe(1);
  });

  test("what is unknown is remembered too", async () => {
    const edge = await open();
    const { token } = mintOpaqueToken("api");
    for (let round = 0; round < 5; round += 1)
      expect(await edge.verdict(token, undefined)).toEqual({ kind: "inactive", code: "unknown" });
    expect(control.calls.introspect).toBe(1);
  });

  test("a flood of random tokens from one address makes few questions and holds up nobody else", async () => {
    const edge = await open();
    await informed(edge);
    const kept = control.issue("api", { freshForMs: 0 });
    expect((await edge.verdict(kept.token, undefined, "192.0.2.1")).kind).toBe("active");
    const asked = control.calls.introspect;
    const flood = await Promise.all(
      Array.from({ length: 500 }, () => edge.verdict(mintOpaqueToken("api").token, undefined, "192.0.2.1")),
    );
    const kinds = new Map<string, number>();
    for (const { kind } of flood) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    const questions = control.calls.introspect - asked;
    expect(questions).toBeLessThan(edgeLimits.unknownTokensBurst + 10);
    expect(kinds).toEqual(
      new Map([
        ["inactive", questions],
        ["limited", 500 - questions],
      ]),
    );
    expect(edge.stats().cache.limited).toBe(500 - questions);
    // One at a time no more get through.
    for (let round = 0; round < 20; round += 1)
      await edge.verdict(mintOpaqueToken("api").token, undefined, "192.0.2.1");
    expect(control.calls.introspect - asked).toBeLessThan(edgeLimits.unknownTokensBurst + 20);
    const good = Array.from({ length: 100 }, () => control.issue().token);
    for (const token of good) expect((await edge.verdict(token, undefined, "192.0.2.2")).kind).toBe("active");
    // And whoever is known at the flood's own address is known still.
    expect((await edge.verdict(kept.token, undefined, "192.0.2.1")).kind).toBe("active");
  });

  test("a good token with one made-up fleet after the other makes few questions, and is good where it is", async () => {
    const edge = await open();
    await informed(edge);
    const { token } = control.issue();
    const kinds = new Set<string>();
    // One after the other: a turn that was given back would be there for the next.
    for (let index = 0; index < 2 * edgeLimits.unknownTokensBurst; index += 1)
      kinds.add((await edge.verdict(token, `flt_${index}`, "192.0.2.1")).kind);
    expect(control.calls.introspect).toBeLessThan(edgeLimits.unknownTokensBurst + 20);
    expect(kinds).toEqual(new Set(["inactive", "limited"]));
    expect((await edge.verdict(token, "main", "192.0.2.2")).kind).toBe("active");
  });

  test("an outage is called one, also to an address that has had its unknown tokens", async () => {
    const edge = await open();
    await informed(edge);
    await control.down();
    await silent(edge);
    const verdicts = await Promise.all(
      Array.from({ length: 2 * edgeLimits.unknownTokensBurst }, () =>
        edge.verdict(mintOpaqueToken("api").token, undefined, "192.0.2.1"),
      ),
    );
    expect(new Set(verdicts.map(({ kind }) => kind))).toEqual(new Set(["unavailable"]));
    expect(edge.stats().cache.limited).toBeGreaterThan(0);
  });

  test("a revocation that overtakes an answer in flight: 0 of 50 are admitted again", async () => {
    const edge = await open();
    await informed(edge);
    let admitted = 0;
    for (let round = 0; round < 50; round += 1) {
      const { token, id } = control.issue();
      const asked = control.calls.introspect;
      const held = Promise.withResolvers<void>();
      control.knobs.hold = held.promise;
      const verdict = edge.verdict(token, undefined);
      await waitFor(() => control.calls.introspect > asked, { what: "the question to arrive" });
      control.revoke([id]);
      await waitFor(() => edge.fence.has(id), { what: "the revocation to arrive" });
      control.knobs.hold = undefined;
      held.resolve();
      if ((await verdict).kind === "active") admitted += 1;
      if ((await edge.verdict(token, undefined)).kind === "active") admitted += 1;
    }
    expect(admitted).toBe(0);
    expect(edge.stats().cache.overtaken).toBe(50);
  });

  test.each(["the token", "its account", "its membership", "its fleet"])(
    "a revocation of %s ends what is cached",
    async (what) => {
      const edge = await open();
      await informed(edge);
      const { token, id } = control.issue();
      expect((await edge.verdict(token, undefined)).kind).toBe("active");
      const subjects: Record<string, string> = {
        "the token": id,
        "its account": "acc_ann",
        "its membership": "mem_ann",
        "its fleet": "flt_main",
      };
      const asked = control.calls.introspect;
      const subject = subjects[what] ?? "";
      control.revoke([subject]);
      await waitFor(() => edge.fence.has(subject), { what: "the revocation" });
      await edge.verdict(token, undefined);
      expect(control.calls.introspect).toBe(asked + 1);
    },
  );

  test("a hole in the numbers drops every answer, and what was missed is asked for again", async () => {
    const broken: string[] = [];
    const edge = await open({ log: { feedBroken: (how) => broken.push(how) } });
    await informed(edge);
    const kept = control.issue();
    const missed = control.issue();
    await edge.verdict(kept.token, undefined);
    await edge.verdict(missed.token, undefined);
    control.knobs.unsent.set(1, "once");
    control.revoke([missed.id]);
    control.revoke(["acc_other"], { skip: 6 });
    await waitFor(() => edge.fence.has(missed.id), { what: "the missed revocation" });
    expect(broken).toEqual(["gap"]);
    expect(edge.fence.has("acc_other")).toBe(true);
    expect(await edge.verdict(missed.token, undefined)).toEqual({ kind: "inactive", code: "revoked" });
    const asked = control.calls.introspect;
    expect((await edge.verdict(kept.token, undefined)).kind).toBe("active");
    expect(control.calls.introspect).toBe(asked + 1);
  });

  test("what cannot be had again makes everything older untrusted", async () => {
    const edge = await open();
    await informed(edge);
    const authority = await fixture.authority(edge);
    const sessionId = newSessionId();
    const old = await control.mintTicket({ sessionId });
    await expect(authority.verify("session", old)).resolves.toMatchObject({ sessionId });
    control.knobs.unsent.set(1, "always");
    control.revoke(["acc_ann"]);
    control.revoke(["acc_other"]);
    await waitFor(() => edge.fence.floor > 0, { what: "the floor to rise" });
    await expect(authority.verify("session", old)).rejects.toMatchObject({ code: "token_revoked" });
    const fresh = await control.mintTicket({ sessionId });
    await expect(authority.verify("session", fresh)).resolves.toMatchObject({ sessionId });
  });

  test("a compacted log drops every answer and goes on from what is kept", async () => {
    const broken: string[] = [];
    const edge = await open({ log: { feedBroken: (how) => broken.push(how) } });
    await informed(edge);
    const { token } = control.issue();
    await edge.verdict(token, undefined);
    await control.down();
    for (let round = 0; round < 3; round += 1) control.revoke([`acc_${round}`]);
    control.knobs.compactedTo = 2;
    await control.up();
    await waitFor(() => edge.stats().cursor === 3, { what: "the feed to go on" });
    expect(broken).toEqual(["lost"]);
    expect(edge.stats().answers).toBe(0);
    expect((await edge.verdict(token, undefined)).kind).toBe("active");
  });

  test("the control plane away: what was used lately goes on, what is unknown is refused as unavailable", async () => {
    const edge = await open();
    await informed(edge);
    const known = control.issue("api", { freshForMs: 0 });
    expect((await edge.verdict(known.token, undefined)).kind).toBe("active");
    const other = control.issue();
    await control.down();
    await silent(edge);
    expect((await edge.verdict(known.token, undefined)).kind).toBe("active");
    expect(await edge.verdict(other.token, undefined)).toEqual({ kind: "unavailable" });
    await control.up();
    await waitFor(async () => (await edge.verdict(other.token, undefined)).kind === "active", {
      what: "the new token after the outage",
    });
  });

  test("an answer is fresh for 30 s, and while the control plane is away it holds for 15 minutes, no longer", async () => {
    const edge = await open();
    await informed(edge);
    const { token } = control.issue();
    const asked = async (): Promise<readonly [string, number]> => [
      (await edge.verdict(token, undefined)).kind,
      control.calls.introspect,
    ];
    expect(await asked()).toEqual(["active", 1]);
    // Its clock goes on beside what it is advanced by.
    fixture.clock.advance(20_000);
    expect(await asked()).toEqual(["active", 1]);
    fixture.clock.advance(10_000);
    expect(await asked()).toEqual(["active", 2]);
    await control.down();
    await silent(edge);
    fixture.clock.advance(14 * 60_000);
    expect(await asked()).toEqual(["active", 2]);
    fixture.clock.advance(60_000);
    expect(await asked()).toEqual(["unavailable", 2]);
  });

  test("a feed that is open and says nothing counts as silent; a strict fleet then admits nobody", async () => {
    control.setFleet("flt_main", { slug: "main", outage: "strict" });
    const edge = await open();
    await informed(edge);
    const authority = await fixture.authority(edge);
    const { token } = control.issue();
    const sessionId = newSessionId();
    const ticket = await control.mintTicket({ sessionId });
    const machineId = newMachineId();
    const machine = await control.mintMachine({ machineId, keyFingerprint: machineKey });
    expect((await edge.verdict(token, undefined)).kind).toBe("active");
    control.knobs.isFeedStalled = true;
    await untilSilent(edge);
    expect(await edge.verdict(token, undefined)).toEqual({ kind: "unavailable" });
    await expect(authority.verify("session", ticket)).rejects.toMatchObject({
      code: "authority_unavailable",
    });
    await expect(authority.verify("operator", token)).rejects.toMatchObject({
      code: "authority_unavailable",
    });
    await expect(authority.verify("machine", machine)).resolves.toMatchObject({ machineId });
    control.knobs.isFeedStalled = false;
    await waitFor(() => !edge.isSilent, { what: "the feed to speak again", timeoutMs: 8000 });
    await expect(authority.verify("session", ticket)).resolves.toMatchObject({ sessionId });
  });

  test("a control plane that answers after 5 s delays what is known by the timeout at most", async () => {
    const edge = await open();
    await informed(edge);
    const { token } = control.issue("api", { freshForMs: 0 });
    await edge.verdict(token, undefined);
    control.knobs.delayMs = 5000;
    const startMs = performance.now();
    expect((await edge.verdict(token, undefined)).kind).toBe("active");
    expect(performance.now() - startMs).toBeLessThan(4000);
    const againMs = performance.now();
    expect((await edge.verdict(token, undefined)).kind).toBe("active");
    expect(performance.now() - againMs).toBeLessThan(200);
  });
});

describe("a restart inside an outage", () => {
  test("tickets and machine tokens go on from the copies on disk, and what was revoked stays so", async () => {
    const first = await open();
    await informed(first);
    const sessionId = newSessionId();
    const machineId = newMachineId();
    const revokedId = newMachineId();
    const ticket = await control.mintTicket({ sessionId });
    const machine = await control.mintMachine({ machineId, keyFingerprint: machineKey });
    const revoked = await control.mintMachine({ machineId: revokedId, keyFingerprint: machineKey });
    control.revoke([revokedId]);
    await waitFor(() => first.fence.has(revokedId), { what: "the revocation" });
    await first.close();
    await control.down();

    const edge = await open();
    const authority = await fixture.authority(edge);
    expect(edge.isSilent).toBe(true);
    expect(edge.edgeId).toBe(first.edgeId);
    await expect(authority.verify("session", ticket)).resolves.toMatchObject({
      sessionId,
      operator: "ann",
      accountId: "acc_ann",
    });
    await expect(authority.verify("machine", machine)).resolves.toMatchObject({ machineId });
    await expect(authority.verify("machine", revoked)).rejects.toMatchObject({ code: "token_revoked" });
    const unknown = mintOpaqueToken("cli").token;
    await expect(authority.verify("operator", unknown)).rejects.toMatchObject({
      code: "authority_unavailable",
    });
  });

  test("a login that was known before goes on within its grace; a revoked one and an unknown one do not", async () => {
    const first = await open();
    await informed(first);
    const known = control.issue("cli");
    const revoked = control.issue("cli");
    const short = control.issue("cli", { usableForMs: 1 });
    for (const { token } of [known, revoked, short])
      expect((await first.verdict(token, "main")).kind).toBe("active");
    control.revoke([revoked.id]);
    await waitFor(() => first.fence.has(revoked.id), { what: "the revocation" });
    await first.close();
    await control.down();

    const edge = await open();
    const authority = await fixture.authority(edge);
    const asked = (token: string) => authority.verify("operator", token, { fleet: "main" });
    await expect(asked(known.token)).resolves.toMatchObject({ operator: "ann", fleet: "flt_main" });
    await expect(asked(revoked.token)).rejects.toMatchObject({ code: "token_revoked" });
    for (const { token } of [short, mintOpaqueToken("cli")])
      await expect(asked(token)).rejects.toMatchObject({ code: "authority_unavailable" });
    // Another fleet was never asked about.
    await expect(authority.verify("operator", known.token, { fleet: "other" })).rejects.toMatchObject({
      code: "authority_unavailable",
    });
  });

  test("a copy does not undo a revocation that stands on disk beside it", async () => {
    const first = await open();
    await informed(first);
    const { token, id } = control.issue();
    expect((await first.verdict(token, undefined)).kind).toBe("active");
    await first.close();
    // As after a crash: the answers' file is from before the revocation.
    const answers = await readFile(join(dir, "edge", "answers.jsonl"));
    const second = await open();
    await informed(second);
    control.revoke([id]);
    await waitFor(() => second.fence.has(id), { what: "the revocation" });
    await second.close();
    await writeFile(join(dir, "edge", "answers.jsonl"), answers);
    await control.down();
    const edge = await open();
    expect(edge.stats().answerCopies).toBe(1);
    expect(await edge.verdict(token, undefined)).toEqual({ kind: "inactive", code: "revoked" });
    expect(edge.stats().answerCopies).toBe(0);
  });

  test.each([
    ["the control plane counts from elsewhere", (): void => void control.revocations.splice(0)],
    [
      "revocations were lost",
      (): void => {
        control.revoke(["acc_1"]);
        control.revoke(["acc_2"]);
        control.knobs.compactedTo = 2;
      },
    ],
  ])("copies from before count for nothing when %s", async (_what, happen) => {
    control.revoke(["acc_0"]);
    const first = await open();
    await informed(first);
    const { token } = control.issue();
    expect((await first.verdict(token, undefined)).kind).toBe("active");
    await first.close();
    const answers = await readFile(join(dir, "edge", "answers.jsonl"));
    happen();
    const broken: string[] = [];
    const second = await open({ log: { feedBroken: (how) => broken.push(how) } });
    await waitFor(() => broken.length > 0, { what: "the break", timeoutMs: 5000 });
    expect(second.stats().answerCopies).toBe(0);
    await second.close();
    await writeFile(join(dir, "edge", "answers.jsonl"), answers);
    await control.down();
    const edge = await open();
    expect(edge.stats().answerCopies).toBe(0);
    expect(await edge.verdict(token, undefined)).toEqual({ kind: "unavailable" });
  });

  test("with the control plane there, a copy is asked about before it is used", async () => {
    const first = await open();
    await informed(first);
    const { token } = control.issue();
    expect((await first.verdict(token, undefined)).kind).toBe("active");
    await first.close();
    const asked = control.calls.introspect;
    const edge = await open();
    expect((await edge.verdict(token, undefined)).kind).toBe("active");
    expect((await edge.verdict(token, undefined)).kind).toBe("active");
    expect(control.calls.introspect).toBe(asked + 1);
  });

  test("a machine's token is taken past its expiry while the control plane is away, within a day", async () => {
    const first = await open();
    await informed(first);
    const machineId = newMachineId();
    const hourMs = 3_600_000;
    const mint = (agoMs: number): Promise<string> =>
      control.mintMachine({ machineId, keyFingerprint: machineKey, nowMs: Date.now() - agoMs });
    const expired = await mint(3 * hourMs);
    const tooOld = await mint(26 * hourMs);
    const authority = await fixture.authority(first);
    await expect(authority.verify("machine", expired)).rejects.toMatchObject({ code: "token_expired" });
    await control.down();
    await silent(first);
    await expect(authority.verify("machine", expired)).resolves.toMatchObject({ machineId });
    await expect(authority.verify("machine", tooOld)).rejects.toMatchObject({ code: "token_expired" });
  });

  test("a damaged file of answers is named, and nobody is admitted by it", async () => {
    const first = await open();
    await informed(first);
    const { token } = control.issue();
    await first.verdict(token, undefined);
    await first.close();
    await control.down();
    const path = join(dir, "edge", "answers.jsonl");
    await writeFile(path, (await readFile(path, "utf8")).replace("{", "["));
    const corrupt: string[] = [];
    const edge = await open({ log: { stateCorrupt: (part) => corrupt.push(part) } });
    expect(corrupt).toEqual(["answers"]);
    expect(await edge.verdict(token, undefined)).toEqual({ kind: "unavailable" });
  });

  test.each(["keyset.json", "revocations.json", "fleets.json"])(
    "a damaged %s is named, and nothing is admitted that it would have to vouch for",
    async (file) => {
      control.setFleet("flt_main", { slug: "main" });
      const first = await open();
      await informed(first);
      const path = join(dir, "edge", file);
      await waitFor(async () => (await readdir(join(dir, "edge"))).includes(file), { what: file });
      await first.close();
      const ticket = await control.mintTicket({ sessionId: newSessionId() });
      await control.down();
      const bytes = await readFile(path);
      const middle = bytes.length >> 1;
      bytes[middle] = (bytes[middle] ?? 0) ^ 1;
      await writeFile(path, bytes);
      const corrupt: string[] = [];
      const edge = await open({ log: { stateCorrupt: (part) => corrupt.push(part) } });
      expect(corrupt.map((part) => part.toLowerCase())).toEqual([file.replace(".json", "")]);
      const authority = await fixture.authority(edge);
      await expect(authority.verify("session", ticket)).rejects.toMatchObject({
        code: "authority_unavailable",
      });
      await control.up();
      await informed(edge);
      await waitFor(() => edge.outageOf("flt_main") === "best_effort", { what: "the fleets" });
      await expect(authority.verify("session", ticket)).resolves.toMatchObject({ operator: "ann" });
    },
  );
});

describe("the control authority", () => {
  test("an opaque token becomes a grant with its machines, and a ticket issued for it falls with it", async () => {
    const edge = await open();
    await informed(edge);
    const authority = await fixture.authority(edge);
    const observed = newMachineId();
    const { token, id } = control.issue("cli", {
      relay: { role: "operator", actor: "human", machines: "*", observedMachines: [observed] },
    });
    const grant = await authority.verify("operator", token, { fleet: "main" });
    expect(grant).toMatchObject({
      id,
      fleet: "flt_main",
      operator: "ann",
      accountId: "acc_ann",
      role: "operator",
      machines: "*",
      observedMachines: [observed],
    });
    const sessionId = newSessionId();
    const ticket = await authority.issueTicket({ grant, sessionId });
    const attached = await authority.verify("session", ticket.token);
    let told = 0;
    authority.onRevoked(() => {
      told += 1;
    });
    expect(authority.isRevoked(revocationKeys(attached))).toBe(false);
    control.revoke(["mem_ann"]);
    await waitFor(() => told > 0, { what: "the revocation" });
    expect(authority.isRevoked(revocationKeys(attached))).toBe(true);
    await expect(authority.verify("session", ticket.token)).rejects.toMatchObject({ code: "token_revoked" });
  });

  test("what was made after a revocation stands", async () => {
    const edge = await open();
    await informed(edge);
    const authority = await fixture.authority(edge);
    control.revoke(["acc_ann"]);
    await waitFor(() => edge.fence.has("acc_ann"), { what: "the revocation" });
    const { token } = control.issue("cli");
    const grant = await authority.verify("operator", token);
    expect(authority.isRevoked(revocationKeys(grant))).toBe(false);
    const ticket = await control.mintTicket({ sessionId: newSessionId() });
    await expect(authority.verify("session", ticket)).resolves.toMatchObject({ operator: "ann" });
  });

  test.each(["ses", "jon", "dvc", "edg"] as const)("a %s token opens nothing at a relay", async (kind) => {
    const edge = await open();
    const authority = await fixture.authority(edge);
    const { token } = control.issue(kind);
    await expect(authority.verify("operator", token)).rejects.toMatchObject({ code: "unauthenticated" });
    expect(control.calls.introspect).toBe(0);
  });

  test("a token of the control plane's key that does not say how it is revoked is refused", async () => {
    const edge = await open();
    await informed(edge);
    const authority = await fixture.authority(edge);
    const context = { signer: control.signer, clock: { wallMs: () => Date.now() } };
    const party = { operator: "ann", role: "operator", actor: "human", validMs: 60_000 } as const;
    const bare = await mintSessionToken(context, { ...party, sessionId: newSessionId() });
    const operator = await mintOperatorToken(context, party);
    await expect(authority.verify("session", bare.token)).rejects.toMatchObject({ code: "unauthenticated" });
    await expect(authority.verify("operator", operator.token)).rejects.toMatchObject({
      code: "unauthenticated",
    });
  });

  test("an operator's token of the control plane's key that says how it is revoked counts, until it is", async () => {
    const edge = await open();
    await informed(edge);
    const authority = await fixture.authority(edge);
    const context = { signer: control.signer, clock: { wallMs: () => Date.now() } };
    const machineId = newMachineId();
    const asked = {
      operator: "schedule:nightly",
      role: "operator",
      actor: "program",
      machines: [machineId],
      fence: { subjects: ["sch_one"], revSeq: 0 },
      validMs: 60_000,
    } as const;
    const { token } = await mintOperatorToken(context, asked);
    await expect(authority.verify("operator", token)).resolves.toMatchObject({
      operator: "schedule:nightly",
      machines: [machineId],
    });
    control.revoke(["sch_one"]);
    await waitFor(() => edge.fence.has("sch_one"), { what: "the revocation" });
    await expect(authority.verify("operator", token)).rejects.toMatchObject({ code: "token_revoked" });
    // Made by one that knew of it, for what the schedule may since.
    const { token: newer } = await mintOperatorToken(context, {
      ...asked,
      fence: { ...asked.fence, revSeq: control.head },
    });
    await expect(authority.verify("operator", newer)).resolves.toMatchObject({ machines: [machineId] });
  });

  test("a disabled machine's link is refused", async () => {
    const machineId = newMachineId();
    const edge = await open();
    await informed(edge);
    const authority = await fixture.authority(edge);
    const machine = await control.mintMachine({ machineId, keyFingerprint: machineKey });
    await expect(authority.verify("machine", machine)).resolves.toMatchObject({ machineId });
    control.setFleet("flt_main", { slug: "main", disabledMachines: [machineId] });
    await waitFor(() => edge.isMachineDisabled("flt_main", machineId), { what: "the snapshot" });
    await expect(authority.verify("machine", machine)).rejects.toMatchObject({ code: "permission_denied" });
  });
});

describe("how often tokens are used", () => {
  test("the first use is told at once, and no event holds the token", async () => {
    const edge = await open();
    await informed(edge);
    const { token, id } = control.issue();
    await edge.verdict(token, undefined);
    await waitFor(() => control.events.length > 0, { what: "the first use" });
    expect(control.events).toEqual([
      {
        kind: "token_use",
        atMs: expect.any(Number),
        tokenId: id,
        fleet: "flt_main",
        count: 1,
        plane: "relay",
      },
    ]);
    await edge.verdict(token, undefined);
    await edge.verdict(token, undefined);
    await edge.close();
    const again = await open();
    await waitFor(() => control.events.length > 1, { what: "the count" });
    expect(control.events.at(-1)).toMatchObject({ kind: "token_use", tokenId: id, count: 2 });
    await again.close();
  });
});
