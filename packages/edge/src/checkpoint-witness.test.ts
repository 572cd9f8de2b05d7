import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type AuditHead,
  appendEntry,
  createNoteVerifier,
  emptyHead,
  formatVerifierKey,
  leafHash,
  proveConsistency,
  signCheckpoint,
} from "@cmdop/audit";
import { createPrivateKey25519 } from "@cmdop/authority";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openCheckpointWitness, type WitnessAlarm } from "./checkpoint-witness.ts";
import type { LatestCheckpoint } from "./contract.ts";

const signer = { name: "cmdop.example.org/audit", privateKey: createPrivateKey25519() };

/** A log as the control plane has it. */
const newLog = (mark: string) => {
  let head: AuditHead = emptyHead;
  const leaves: string[] = [];
  return {
    append: (count: number): void => {
      for (let n = 0; n < count; n += 1) {
        const appended = appendEntry(head, {
          at: new Date(1_800_000_000_000).toISOString(),
          actor: { kind: "system", id: mark },
          action: "test.change",
          outcome: "allowed",
          requestId: "req_1",
          body: {},
        });
        head = appended.head;
        leaves.push(leafHash(appended.hash));
      }
    },
    latest: async (from: number, by = signer): Promise<LatestCheckpoint> => {
      const source = { readLeaves: async (a: number, b: number) => leaves.slice(a, b) };
      const proof = from > head.seq ? [] : await proveConsistency(source, from, head.seq);
      return {
        checkpoint: signCheckpoint(head, by),
        proof: proof.map((hash) => Buffer.from(hash, "hex").toString("base64")),
        verifierKey: formatVerifierKey(createNoteVerifier(by.name, by.privateKey)),
      };
    },
  };
};

let dir: string;
let offer: (from: number) => Promise<LatestCheckpoint | undefined>;
let alarms: WitnessAlarm[];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "cmdop-witness-"));
  alarms = [];
});
afterEach(() => rm(dir, { recursive: true }));

const open = () =>
  openCheckpointWitness({
    client: { checkpoint: (from) => offer(from ?? 0) },
    file: join(dir, "witness.json"),
    events: {
      refused: (alarm) => alarms.push(alarm),
      accepted: () => undefined,
      unwritable: (cause) => expect.unreachable(String(cause)),
    },
  });

test("follows a log that grows, over restarts", async () => {
  const log = newLog("a");
  offer = (from) => log.latest(from);
  for (const [count, size] of [
    [5, 5],
    [0, 5],
    [1_000, 1_005],
  ] as const) {
    log.append(count);
    const witness = await open();
    await witness.look();
    expect([witness.stats.size, witness.stats.alarm]).toEqual([size, undefined]);
  }
  expect(alarms).toEqual([]);
});

test("refuses another log, another key and a log that is gone, remembers what it had, and takes the right one again", async () => {
  const log = newLog("a");
  log.append(5);
  offer = (from) => log.latest(from);
  const witness = await open();
  await witness.look();
  const remembered = await readFile(join(dir, "witness.json"), "utf8");

  const rewritten = newLog("b");
  rewritten.append(9);
  offer = (from) => rewritten.latest(from);
  await witness.look();
  const shorter = newLog("a");
  shorter.append(3);
  offer = (from) => shorter.latest(from);
  await witness.look();
  offer = (from) => log.latest(from, { ...signer, privateKey: createPrivateKey25519() });
  await witness.look();
  offer = async () => ({ checkpoint: "nonsense", proof: [], verifierKey: "nonsense" });
  await witness.look();
  offer = async () => undefined;
  await witness.look();
  expect(alarms).toEqual(["forked", "rolled_back", "bad_signature", "bad_signature", "vanished"]);
  expect(await readFile(join(dir, "witness.json"), "utf8")).toBe(remembered);

  log.append(2);
  offer = (from) => log.latest(from);
  await witness.look();
  expect(witness.stats).toEqual({ size: 7, refusals: 5, alarm: undefined });
});

test("takes a memory that is damaged for an alarm and not for none, until somebody removes it", async () => {
  const log = newLog("a");
  log.append(5);
  offer = (from) => log.latest(from);
  await (await open()).look();
  const file = join(dir, "witness.json");
  await writeFile(file, (await readFile(file, "utf8")).replace("audit\\n5\\n", "audit\\n1\\n"));
  const witness = await open();
  await witness.look();
  expect([alarms, witness.stats.size]).toEqual([["memory_corrupt"], 0]);
  await rm(file);
  await witness.look();
  expect([witness.stats.alarm, witness.stats.size]).toEqual([undefined, 5]);
});
