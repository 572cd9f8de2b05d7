import { mintOpaqueToken } from "@cmdop/authority";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type ControlClient,
  createControlClient,
  type EdgeEvent,
  internalLimits,
  type RevocationRow,
} from "../src/index.ts";

/** A control plane as the suite needs it; the fake and the real one pass the same suite. */
export interface ContractSubject {
  readonly url: string;
  readonly caPin: string;
  /** Of a relay. */
  readonly edgeToken: string;
  readonly routerToken: string;
  /** A good API key that reaches one fleet. */
  issue(): Promise<{ readonly token: string; readonly id: string; readonly fleet: string }>;
  revoke(tokenId: string): Promise<void>;
  close(): Promise<void>;
}

const denial = (what: string): EdgeEvent => ({
  kind: "denial",
  atMs: 1_700_000_000_000,
  what,
  code: "unauthenticated",
  peer: "127.0.0.1",
  count: 1,
});

/** What both sides of /internal/v1 rely on (contract.ts). Call it in a test file of the side that serves. */
export const edgeContractSuite = (name: string, openControl: () => Promise<ContractSubject>): void => {
  describe(`${name}: /internal/v1`, () => {
    let control: ContractSubject;
    let client: ControlClient;

    beforeAll(async () => {
      control = await openControl();
      client = createControlClient({
        url: control.url,
        token: control.edgeToken,
        caPin: control.caPin,
      });
    });
    afterAll(async () => {
      await client?.close();
      await control?.close();
    });

    /** Lines up to the first heartbeat behind the last of enough rows. */
    const follow = async (
      after: number | undefined,
      isEnough: (rows: readonly RevocationRow[]) => boolean,
    ): Promise<{ rows: RevocationRow[]; heads: number[] }> => {
      const stop = new AbortController();
      const opened = await client.revocations(after, stop.signal);
      if (opened.kind !== "lines") throw new Error("compacted");
      const rows: RevocationRow[] = [];
      const heads: number[] = [];
      for await (const lines of opened.lines) {
        for (const line of lines) {
          if ("seq" in line) rows.push(line);
          else heads.push(line.head);
        }
        const newest = rows.at(-1)?.seq ?? 0;
        if ((heads.at(-1) ?? -1) >= newest && isEnough(rows)) break;
      }
      stop.abort();
      return { rows, heads };
    };

    test("a credential that is none of an edge's is refused", async () => {
      for (const token of [mintOpaqueToken("edg").token, (await control.issue()).token]) {
        const other = createControlClient({ url: control.url, token, caPin: control.caPin });
        await expect(other.introspect({ token, need: "relay" })).rejects.toMatchObject({
          code: "authority_unavailable",
        });
        await other.close();
      }
    });

    test("a good token is active with what each plane needs and nothing of the other", async () => {
      const { token, id, fleet } = await control.issue();
      const relay = await client.introspect({ token, need: "relay" });
      expect(relay).toMatchObject({ active: true, tokenId: id, fleet: { id: fleet } });
      expect(relay).toHaveProperty("relay");
      expect(relay).not.toHaveProperty("router");
      const { url, caPin, routerToken } = control;
      const asRouter = createControlClient({ url, token: routerToken, caPin });
      const router = await asRouter.introspect({ token, need: "router", fleet });
      await asRouter.close();
      expect(router).toMatchObject({ active: true, tokenId: id });
      expect(router).toHaveProperty("router");
      expect(router).not.toHaveProperty("relay");
    });

    test("an unknown token, and one that reaches another fleet, are told apart", async () => {
      const unknown = await client.introspect({ token: mintOpaqueToken("api").token, need: "relay" });
      expect(unknown).toMatchObject({ active: false, code: "unknown" });
      const { token } = await control.issue();
      const elsewhere = await client.introspect({ token, need: "relay", fleet: "flt_nowhere" });
      expect(elsewhere).toMatchObject({ active: false, code: "forbidden" });
    });

    test("a revocation names the token, follows the one before it, and the next answer knows it", async () => {
      const first = await control.issue();
      const second = await control.issue();
      const before = (await follow(undefined, () => true)).heads.at(-1) ?? 0;
      const following = follow(before, (rows) => rows.length >= 2);
      await control.revoke(first.id);
      await control.revoke(second.id);
      const { rows, heads } = await following;
      expect(rows.map(({ subjects }) => subjects)).toEqual([
        expect.arrayContaining([first.id]),
        expect.arrayContaining([second.id]),
      ]);
      expect(rows[0]?.previousSeq).toBe(before);
      expect(rows[1]?.previousSeq).toBe(rows[0]?.seq);
      expect(heads.at(-1)).toBe(rows[1]?.seq);
      const answer = await client.introspect({ token: second.token, need: "relay" });
      expect(answer).toMatchObject({ active: false, code: "revoked" });
      expect(answer.revSeq).toBeGreaterThanOrEqual(rows[1]?.seq ?? Number.POSITIVE_INFINITY);
      const replayed = await follow(before, (again) => again.length >= 2);
      expect(replayed.rows).toEqual(rows);
    });

    test("a heartbeat comes each second", async () => {
      const startMs = performance.now();
      const stop = new AbortController();
      const opened = await client.revocations(undefined, stop.signal);
      if (opened.kind !== "lines") throw new Error("compacted");
      let beats = 0;
      for await (const lines of opened.lines) {
        beats += lines.filter((line) => "head" in line).length;
        if (beats >= 3) break;
      }
      stop.abort();
      expect(performance.now() - startMs).toBeLessThan(internalLimits.silentAfterMs);
    });

    test("key set and fleets are snapshots with an ETag", async () => {
      const keys = await client.keySet(undefined);
      if (keys.kind !== "new") throw new Error("no key set");
      expect(JSON.parse(keys.value)).toMatchObject({ keys: [{ kty: "OKP", crv: "Ed25519" }] });
      expect(await client.keySet(keys.etag)).toEqual({ kind: "same" });
      const { fleet } = await control.issue();
      const fleets = await client.fleets(undefined);
      if (fleets.kind !== "new") throw new Error("no fleets");
      expect(fleets.value.fleets.map(({ id }) => id)).toContain(fleet);
    });

    test("events are taken once, in order, whatever is sent again", async () => {
      const edge = "edg_suite";
      const stream = "0123456789ABCDEFGHIJKL";
      const send = (first: number, events: unknown[]): Promise<unknown> =>
        client.sendEvents({ edge, stream, first, events });
      expect(await send(1, [denial("a"), denial("b")])).toEqual({ acked: 2, refused: [] });
      expect(await send(1, [denial("a"), denial("b"), denial("c")])).toEqual({ acked: 3, refused: [] });
      expect(await send(2, [denial("b")])).toEqual({ acked: 3, refused: [] });
      // A hole is taken: what was acknowledged before a restore cannot come again.
      expect(await send(9, [denial("d")])).toEqual({ acked: 9, refused: [] });
    });

    test("an event that cannot be read does not stop those behind it", async () => {
      const receipt = await client.sendEvents({
        edge: "edg_suite",
        stream: "1123456789ABCDEFGHIJKL",
        first: 1,
        events: [denial("a"), { kind: "from the future" }, denial("b")],
      });
      expect(receipt).toEqual({ acked: 3, refused: [2] });
    });
  });
};
