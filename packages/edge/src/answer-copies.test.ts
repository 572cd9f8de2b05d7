import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hashOpaqueToken, mintOpaqueToken } from "@cmdop/authority";
import { FakeClock } from "@cmdop/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AnswerCopies } from "./answer-copies.ts";
import type { ActiveAnswer } from "./contract.ts";
import { edgeLimits } from "./limits.ts";

const minuteMs = 60_000;
let dir: string;
let file: string;
let clock: FakeClock;
let corrupt: number;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "cmdop-copies-"));
  file = join(dir, "answers.jsonl");
  clock = new FakeClock();
  corrupt = 0;
});
afterEach(() => rm(dir, { recursive: true }));

const open = async (epoch: number | undefined = 0): Promise<AnswerCopies> => {
  const copies = new AnswerCopies({
    file,
    clock,
    epoch,
    events: {
      corrupt: () => {
        corrupt += 1;
      },
      unwritable: (cause) => {
        throw cause;
      },
    },
  });
  await copies.load();
  return copies;
};

/** Another process: its monotonic clock begins elsewhere. */
const restart = async (copies: AnswerCopies, downMs = 0, epoch = 0): Promise<AnswerCopies> => {
  await copies.close();
  const later = new FakeClock(clock.wallMs() + downMs);
  clock = later;
  return open(epoch);
};

const answerOf = (tokenId: string, name = "ann"): ActiveAnswer => ({
  active: true,
  subject: { kind: "account", id: "acc_ann", name },
  tokenId,
  kind: "api",
  fingerprint: "0123456789abcdef",
  fleet: { id: "flt_main", slug: "main", outage: "best_effort" },
  revocationSubjects: [tokenId],
  rights: [],
  router: {
    models: "*",
    limits: { requestsPerMinute: null, tokensPerMinute: null, concurrent: null },
    budgets: [],
    providers: [{ name: "own", kind: "openai", baseUrl: null, keys: ["sk-provider-sentinel"], headers: {} }],
  },
  notAfterMs: null,
  limitMs: null,
  freshForMs: 30_000,
  usableForMs: 15 * minuteMs,
  revSeq: 7,
});

const issue = (name?: string) => {
  const { token, id } = mintOpaqueToken("api");
  return { token, key: `${hashOpaqueToken(token).toString("base64url")} main`, answer: answerOf(id, name) };
};

describe("copies of answers", () => {
  test("come back after a restart, for whoever brings the token and for nobody else", async () => {
    const first = await open();
    const known = issue();
    first.keep(known.key, known.token, { answer: known.answer, atMs: clock.nowMs() });
    const second = await restart(first);
    expect(second.find(known.key, known.token)?.answer).toEqual(known.answer);
    expect(second.find(known.key, mintOpaqueToken("api").token)).toBeUndefined();
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  test("hold neither the token, nor who it is, nor a provider's key in clear", async () => {
    const first = await open();
    const known = issue("ann-sentinel");
    first.keep(known.key, known.token, { answer: known.answer, atMs: clock.nowMs() });
    await first.close();
    const text = await readFile(file, "utf8");
    for (const secret of [known.token, known.token.slice(10, 52), "ann-sentinel", "sk-provider-sentinel"])
      expect(text).not.toContain(secret);
  });

  test("keep the grace that the control plane's answer began: no restart adds to it", async () => {
    let copies = await open();
    const known = issue();
    copies.keep(known.key, known.token, { answer: known.answer, atMs: clock.nowMs() });
    for (let round = 0; round < 4; round += 1) {
      clock.advance(minuteMs);
      copies = await restart(copies, minuteMs);
      // Written again by each process.
      const other = issue();
      copies.keep(other.key, other.token, { answer: other.answer, atMs: clock.nowMs() });
    }
    const found = copies.find(known.key, known.token);
    expect(clock.nowMs() - (found?.atMs ?? 0)).toBe(8 * minuteMs);
    clock.advance(7 * minuteMs - 1);
    expect(copies.find(known.key, known.token)).toBeDefined();
    clock.advance(1);
    expect(copies.find(known.key, known.token)).toBeUndefined();
    expect((await restart(copies)).find(known.key, known.token)).toBeUndefined();
  });

  test("end when the wall clock went back, and when it goes back later nothing is won", async () => {
    const first = await open();
    const known = issue();
    first.keep(known.key, known.token, { answer: known.answer, atMs: clock.nowMs() });
    clock.advance(10 * minuteMs);
    const second = await restart(first, minuteMs);
    clock.jumpWall(-60 * minuteMs);
    clock.advance(4 * minuteMs);
    expect(second.find(known.key, known.token)).toBeUndefined();
    const other = issue();
    second.keep(other.key, other.token, { answer: other.answer, atMs: clock.nowMs() });
    const third = await restart(second, -1);
    expect(third.find(other.key, other.token)).toBeUndefined();
    expect(corrupt).toBe(1);
  });

  test("count for nothing when revocations were missed since, or are not on disk", async () => {
    const first = await open(3);
    const known = issue();
    first.keep(known.key, known.token, { answer: known.answer, atMs: clock.nowMs() });
    await first.close();
    expect((await open(3)).find(known.key, known.token)).toBeDefined();
    expect((await open(4)).find(known.key, known.token)).toBeUndefined();
    const none = new AnswerCopies({
      file,
      clock,
      epoch: undefined,
      events: { corrupt: () => undefined, unwritable: () => undefined },
    });
    await none.load();
    expect(none.size).toBe(0);
    const second = await open(3);
    second.clear(4);
    expect((await restart(second, 0, 4)).size).toBe(0);
  });

  test("that were forgotten stay so after a restart", async () => {
    const first = await open();
    const known = issue();
    first.keep(known.key, known.token, { answer: known.answer, atMs: clock.nowMs() });
    const second = await restart(first);
    second.forget(known.key);
    expect((await restart(second)).find(known.key, known.token)).toBeUndefined();
  });

  test("of a damaged file are none, and it is said: each byte counts", async () => {
    const first = await open();
    const known = issue();
    first.keep(known.key, known.token, { answer: known.answer, atMs: clock.nowMs() });
    await first.close();
    const whole = await readFile(file);
    const damaged = [whole.length >> 1, 3, whole.length - 3].map((at) => {
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      return bytes;
    });
    const odd = Buffer.from("[]\n");
    const signed = Buffer.concat([odd, Buffer.from(`${createHash("sha256").update(odd).digest("hex")}\n`)]);
    const all = [...damaged, whole.subarray(0, whole.length - 10), Buffer.alloc(0), odd, signed];
    for (const bytes of all) {
      await writeFile(file, bytes);
      expect((await open()).size).toBe(0);
    }
    expect(corrupt).toBe(all.length);
  });

  test("are bounded in number and size: the oldest leave, and what is too large is not copied", async () => {
    const copies = await open();
    const large = issue("a".repeat(256));
    const huge = {
      ...large.answer,
      rights: Array.from({ length: 5_000 }, (_, at) => `right:${String(at).padStart(50, "0")}`),
    };
    copies.keep(large.key, large.token, { answer: huge, atMs: 0 });
    expect(copies.size).toBe(0);
    const token = mintOpaqueToken("api").token;
    const answer = answerOf("tok");
    for (let at = 0; at < edgeLimits.answerCopiesMax + 5; at += 1)
      copies.keep(`key-${at}`, token, { answer, atMs: 0 });
    expect(copies.size).toBe(edgeLimits.answerCopiesMax);
    expect(copies.find("key-4", token)).toBeUndefined();
    expect(copies.find("key-5", token)).toBeDefined();
    const again = await restart(copies);
    expect(again.size).toBe(edgeLimits.answerCopiesMax);
    expect((await stat(file)).size).toBeLessThan(edgeLimits.answerCopiesBytesMax + 2 * 1024 * 1024);
  });
});
