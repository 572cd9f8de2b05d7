// A signing key of the control plane that was stolen and shut out. Looks at the key set are 60 s apart here: what is quick
// is so by the stream of revocations.
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import {
  type AnyGrant,
  type Authority,
  createPrivateKey25519,
  machineFingerprint,
  mintMachineToken,
  mintOperatorToken,
  mintSessionToken,
  rawPublicKey,
  revocationKeys,
  type TokenKind,
  type TokenSigner,
} from "@cmdop/authority";
import { newMachineId, newSessionId, systemClock } from "@cmdop/base";
import { leakCheck, waitFor } from "@cmdop/testkit";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { EdgeFixture, informed } from "../testing/edge-fixture.ts";
import type { FakeControl } from "../testing/fake-control.ts";
import type { Edge, EdgeOptions } from "./edge.ts";

const checkLeaks = leakCheck();
afterAll(checkLeaks);

let fixture: EdgeFixture;
let control: FakeControl;

beforeEach(async () => {
  fixture = await EdgeFixture.open();
  control = fixture.control;
});
afterEach(() => fixture.close());

const openAuthority = async (
  options: Partial<EdgeOptions> = {},
): Promise<{ readonly edge: Edge; readonly authority: Authority }> => {
  const edge = await fixture.edge({ snapshotIntervalMs: 60_000, ...options });
  return { edge, authority: await fixture.authority(edge) };
};

const newSigner = (): TokenSigner => ({ keyId: "control-2", privateKey: createPrivateKey25519() });

/** As a thief signs: with subjects that nobody revokes and a number that is above every other. */
const forge = async (signer: TokenSigner): Promise<readonly (readonly [TokenKind, string])[]> => {
  const context = { signer, clock: systemClock };
  const fence = { subjects: ["acc_nobody"], revSeq: Number.MAX_SAFE_INTEGER };
  const party = { operator: "ann", role: "operator", actor: "human", fence, validMs: 3_600_000 } as const;
  const keyFingerprint = machineFingerprint(rawPublicKey(createPrivateKey25519()));
  const machine = {
    machineId: newMachineId(),
    machineName: "box",
    keyFingerprint,
    fence,
    validMs: 3_600_000,
  };
  const fleet = "flt_main";
  return [
    ["machine", (await mintMachineToken(context, { ...machine, fleet })).token],
    ["operator", (await mintOperatorToken(context, { ...party, fleet })).token],
    ["session", (await mintSessionToken(context, { ...party, fleet, sessionId: newSessionId() })).token],
  ];
};

const grantsOf = async (
  authority: Authority,
  tokens: readonly (readonly [TokenKind, string])[],
): Promise<readonly AnyGrant[]> => Promise.all(tokens.map(([kind, token]) => authority.verify(kind, token)));

const codesOf = (authority: Authority, tokens: readonly (readonly [TokenKind, string])[]) =>
  Promise.all(
    tokens.map(([kind, token]) =>
      authority.verify(kind, token).then(
        () => "taken",
        ({ code }) => code,
      ),
    ),
  );
const refused = ["unauthenticated", "unauthenticated", "unauthenticated"];
const unavailable = ["authority_unavailable", "authority_unavailable", "authority_unavailable"];

test("within a second nothing that it signed is taken, all that lives by it ends, tickets of the relay's own too, and the next one counts", async () => {
  const { edge, authority } = await openAuthority();
  await informed(edge);
  const stolen = await forge(control.signer);
  const grants = await grantsOf(authority, stolen);
  const operator = grants.find((grant) => grant.kind === "operator");
  if (operator?.kind !== "operator") throw new Error("there is an operator");
  const issued = await authority.issueTicket({ grant: operator, sessionId: newSessionId() });
  const live = [...grants, await authority.verify("session", issued.token)].map(revocationKeys);
  expect(live.map((keys) => authority.isRevoked(keys))).toEqual([false, false, false, false]);

  const ended = new Promise<number>((resolve) => {
    authority.onRevoked(() => {
      if (live.every((keys) => authority.isRevoked(keys))) resolve(performance.now());
    });
  });
  const next = newSigner();
  const startedMs = performance.now();
  control.addKey(next);
  control.withdraw(control.signer);
  expect((await ended) - startedMs).toBeLessThan(1_000);
  expect(await codesOf(authority, stolen)).toEqual(refused);
  await expect(authority.verify("session", issued.token)).rejects.toMatchObject({ code: "token_revoked" });
  await waitFor(() => edge.keySet()?.has(next.keyId), { what: "the next key" });
  expect(performance.now() - startedMs).toBeLessThan(1_000);
  expect(await codesOf(authority, await forge(next))).toEqual(["taken", "taken", "taken"]);
});

test("is refused by an edge that starts inside an outage, from its disk alone, also when the next key was never seen", async () => {
  const { edge } = await openAuthority();
  await informed(edge);
  const stolen = await forge(control.signer);
  // No key set comes any more: an empty one is none.
  control.withdraw(control.signer);
  await waitFor(() => edge.isKeyWithdrawn(control.signer.keyId), { what: "the revocation" });
  await edge.close();
  await control.down();

  const corrupt: string[] = [];
  const again = await openAuthority({ log: { stateCorrupt: (part) => corrupt.push(part) } });
  expect(corrupt).toEqual([]);
  expect(await codesOf(again.authority, stolen)).toEqual(refused);
  // One that is not known may be the next one's.
  expect(await codesOf(again.authority, await forge(newSigner()))).toEqual(unavailable);
  await again.edge.close();
  // The revocations are forgotten after two days; the copy of the key set does not stand on them.
  await rm(join(fixture.dir, "edge", "revocations.json"));
  expect(await readFile(join(fixture.dir, "edge", "keyset.json"), "utf8")).toContain(control.signer.keyId);
  const last = await openAuthority();
  expect([last.edge.isKeyWithdrawn(control.signer.keyId), last.edge.keySet()?.size]).toEqual([true, 0]);
});

test("is refused, and what lives by it ends, once an edge that was away for as long as you like is back", async () => {
  const { edge, authority } = await openAuthority();
  await informed(edge);
  const stolen = await forge(control.signer);
  const live = (await grantsOf(authority, stolen)).map(revocationKeys);
  let told = 0;
  authority.onRevoked(() => {
    told += 1;
  });
  await control.down();
  control.addKey(newSigner());
  control.withdraw(control.signer);
  // That is not kept any more: the key set alone says so.
  control.knobs.compactedTo = control.head;
  await control.up();
  await waitFor(() => told > 0 && live.every((keys) => authority.isRevoked(keys)), {
    what: "the key set",
    timeoutMs: 10_000,
  });
  expect(await codesOf(authority, stolen)).toEqual(refused);
});

test("is never taken again, whatever a key set says later", async () => {
  const { edge, authority } = await openAuthority({ snapshotIntervalMs: 20 });
  await informed(edge);
  const stolen = await forge(control.signer);
  const next = newSigner();
  control.addKey(next);
  control.withdraw(control.signer);
  await waitFor(() => edge.keySet()?.has(next.keyId), { what: "the next key" });
  // As from a backup that is older than the withdrawal.
  control.withdrawnKeys.length = 0;
  control.addKey(control.signer);
  const looks = control.calls.keySet;
  await waitFor(() => control.calls.keySet > looks + 2, { what: "another look" });
  expect([...(edge.keySet()?.keys() ?? [])]).toEqual([next.keyId]);
  expect(await codesOf(authority, stolen)).toEqual(refused);
});
