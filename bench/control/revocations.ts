import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createControlClient as createEdgeClient, type Edge, openEdge } from "@cmdop/edge";
import { createControlClient } from "@cmdop/sdk";
import { waitFor } from "@cmdop/testkit";
import { addKeys } from "../../services/control/src/testing/bulk-rows.ts";
import { Samples } from "../statistics.ts";
import type { ControlUnderTest } from "./control-under-test.ts";
import { edgeTokenOf } from "./introspection.ts";

/** One that is refused later counts as missed. */
const missedAfterMs = 5_000;

export interface RevocationFigures {
  /** From the API's answer to the last acceptance, one for each revocation and edge; 0: none after the answer. */
  readonly lateMs: Samples;
  readonly revocations: number;
  readonly missed: number;
}

/** Keys that every edge has just taken are revoked by the API while all edges are asked again and again. */
export const measureRevocations = async (
  control: ControlUnderTest,
  options: { readonly edges: number; readonly revocations: number },
): Promise<RevocationFigures> => {
  const { fleet, internalUrl, controlOptions } = control.stack;
  const keys = await control.fill((database) =>
    addKeys(database, { fleet, serviceAccounts: 1, keysEach: options.revocations }),
  );
  const scratch = mkdtempSync(path.join(tmpdir(), "cmdop-bench-edges-"));
  const token = edgeTokenOf(control);
  const edges: Edge[] = [];
  try {
    for (let index = 0; index < options.edges; index += 1) {
      const client = createEdgeClient({ url: internalUrl, token, caPin: controlOptions.caPin });
      edges.push(await openEdge({ plane: "relay", client, dir: path.join(scratch, String(index)) }));
    }
    await waitFor(() => edges.every((edge) => edge.isInformed && !edge.isSilent), {
      timeoutMs: 60_000,
      what: "every edge to be informed",
    });
    const api = createControlClient(controlOptions);
    const lateMs = new Samples();
    let missed = 0;
    for (const key of keys) {
      await Promise.all(edges.map((edge) => untilTaken(edge, key.secret, fleet)));
      let answeredAtMs = Number.POSITIVE_INFINITY;
      const watched = Promise.all(edges.map((edge) => watch(edge, key.secret, fleet, () => answeredAtMs)));
      await api.DELETE("/v1/fleets/{fleet}/keys/{key}", { params: { path: { fleet, key: key.id } } });
      answeredAtMs = performance.now();
      for (const { acceptedAtMs, isRefused } of await watched) {
        if (!isRefused) missed += 1;
        lateMs.add(Math.max(0, acceptedAtMs - answeredAtMs));
      }
    }
    return { lateMs, revocations: keys.length, missed };
  } finally {
    await Promise.all(edges.map((edge) => edge.close()));
    rmSync(scratch, { recursive: true, force: true });
  }
};

const untilTaken = (edge: Edge, secret: string, fleet: string): Promise<unknown> =>
  waitFor(async () => (await edge.verdict(secret, fleet)).kind === "active", {
    timeoutMs: 20_000,
    what: "the key at every edge",
  });

const watch = async (
  edge: Edge,
  secret: string,
  fleet: string,
  answeredAtMs: () => number,
): Promise<{ readonly acceptedAtMs: number; readonly isRefused: boolean }> => {
  let acceptedAtMs = Number.NEGATIVE_INFINITY;
  while (performance.now() < answeredAtMs() + missedAfterMs) {
    const { kind } = await edge.verdict(secret, fleet);
    // Whoever is told to wait is refused too, once the revocation is known to be made.
    if (kind === "inactive" || (kind === "unavailable" && Number.isFinite(answeredAtMs())))
      return { acceptedAtMs, isRefused: true };
    if (kind === "active") acceptedAtMs = performance.now();
    await delay(1);
  }
  return { acceptedAtMs, isRefused: false };
};
