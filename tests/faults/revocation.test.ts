import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createControlClient as createEdgeClient, type Edge, openEdge } from "@cmdop/edge";
import { createControlClient } from "@cmdop/sdk";
import { ControlledStack, waitFor } from "@cmdop/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const edgesCount = 50;
const keysCount = 8;
/** Far above what is measured: what counts is that none is missed. */
const refusedWithinMs = 5_000;

const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;

describe("keys revoked while 50 edges take them", () => {
  let stack: ControlledStack;
  const edges: Edge[] = [];
  const scratch = mkdtempSync(path.join(tmpdir(), "cmdop-edges-"));

  beforeAll(async () => {
    stack = await ControlledStack.start({ parts: [] });
    const token = readFileSync(path.join(stack.home, "relay", "edge.token"), "utf8").trim();
    for (let index = 0; index < edgesCount; index += 1) {
      const client = createEdgeClient({ url: stack.internalUrl, token, caPin: stack.controlOptions.caPin });
      edges.push(await openEdge({ plane: "relay", client, dir: path.join(scratch, String(index)) }));
    }
    await waitFor(() => edges.every((edge) => edge.isInformed && !edge.isSilent), {
      timeoutMs: 30_000,
      what: "every edge to be informed",
    });
  }, 90_000);

  afterAll(async () => {
    await Promise.all(edges.map((edge) => edge.close()));
    await stack?.close();
    rmSync(scratch, { recursive: true, force: true });
  }, 60_000);

  /** Asks again and again, and gives when the key was last taken and first refused. */
  const watch = async (edge: Edge, key: string, isAnswered: () => boolean, isOver: () => boolean) => {
    let acceptedAtMs = Number.NEGATIVE_INFINITY;
    while (!isOver()) {
      const { kind } = await edge.verdict(key, stack.fleet);
      // That whoever asks too much at once is told to wait is a refusal too, once the revocation is known to be made.
      if (kind === "inactive" || (kind === "unavailable" && isAnswered()))
        return { acceptedAtMs, refusedAtMs: performance.now() };
      if (kind === "active") acceptedAtMs = performance.now();
      await delay(1);
    }
    return { acceptedAtMs, refusedAtMs: Number.POSITIVE_INFINITY };
  };

  it("no edge misses one, and none takes it again", async () => {
    const control = createControlClient(stack.controlOptions);
    const at = { fleet: stack.fleet };
    const keys: { readonly id: string; readonly secret: string }[] = [];
    for (let index = 0; index < keysCount; index += 1) {
      const made = await control.POST("/v1/fleets/{fleet}/keys", {
        params: { path: at },
        body: { name: `key-${index}` },
      });
      keys.push({ id: made.data?.id ?? "", secret: made.data?.secret ?? "" });
    }
    // Under load an edge may give up on one question; it asks again.
    for (const { secret } of keys) {
      for (const edge of edges) {
        await waitFor(async () => (await edge.verdict(secret, stack.fleet)).kind === "active", {
          timeoutMs: 20_000,
          what: "the key at every edge",
        });
      }
    }

    const lateMs: number[] = [];
    for (const { id, secret } of keys) {
      let answeredAtMs = Number.POSITIVE_INFINITY;
      const isOver = (): boolean => performance.now() > answeredAtMs + refusedWithinMs;
      const isAnswered = (): boolean => Number.isFinite(answeredAtMs);
      const watched = Promise.all(edges.map((edge) => watch(edge, secret, isAnswered, isOver)));
      await control.DELETE("/v1/fleets/{fleet}/keys/{key}", { params: { path: { ...at, key: id } } });
      answeredAtMs = performance.now();
      const ends = await watched;
      const missed = ends.filter(({ refusedAtMs }) => refusedAtMs > answeredAtMs + refusedWithinMs);
      expect(missed).toEqual([]);
      lateMs.push(...ends.map(({ acceptedAtMs }) => Math.max(0, acceptedAtMs - answeredAtMs)));
    }
    for (const { secret } of keys) {
      const verdicts = await Promise.all(edges.map((edge) => edge.verdict(secret, stack.fleet)));
      expect(verdicts.filter(({ kind }) => kind === "active")).toEqual([]);
    }
    const sorted = lateMs.toSorted((a, b) => a - b);
    const figures = { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99), max: sorted.at(-1) ?? 0 };
    console.log(
      `revocation at ${edgesCount} edges, ${sorted.length} samples, from the answer to the last acceptance, ms:`,
      Object.fromEntries(Object.entries(figures).map(([name, ms]) => [name, Math.round(ms * 10) / 10])),
    );
  });
});
