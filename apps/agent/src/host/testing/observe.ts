import { readdirSync, readFileSync } from "node:fs";
import { type Channel, decodeMessage, FrameSchema } from "@cmdop/protocol";
import { waitFor } from "@cmdop/testkit";
import type { HomePeer } from "./home-peer.ts";

/** Whether a program of that name runs with the session's mark in its environment. */
export const isRunning = (sessionId: string, name: string): boolean =>
  readdirSync("/proc").some((pid) => {
    if (!/^[0-9]+$/.test(pid)) return false;
    try {
      const isNamed = readFileSync(`/proc/${pid}/comm`, "utf8").trim() === name;
      return isNamed && readFileSync(`/proc/${pid}/environ`, "latin1").includes(`CMDOP_SESSION=${sessionId}`);
    } catch {
      return false;
    }
  });

/** The value once it has not changed for a while. */
export const stable = async <Value extends object>(read: () => Promise<Value>): Promise<Value> => {
  let last = "";
  let sinceMs = performance.now();
  return waitFor(async () => {
    const value = await read();
    const now = JSON.stringify(value, (_, each) => (typeof each === "bigint" ? Number(each) : each));
    if (now !== last) sinceMs = performance.now();
    last = now;
    return performance.now() - sinceMs > 300 ? value : undefined;
  });
};

type Chunk = { readonly channel: Channel; readonly text: string } | { readonly gap: number };

/** What the chunks of an answered log request hold. */
export const readChunks = async (peer: HomePeer, id: bigint): Promise<Chunk[]> => {
  await peer.see("logChunk", ({ requestId, done }) => requestId === id && done);
  return peer
    .all("logChunk")
    .filter(({ requestId, done }) => requestId === id && !done)
    .flatMap(({ frame }): Chunk[] => {
      const { body } = decodeMessage(FrameSchema, frame);
      if (body.case === "output") {
        return [{ channel: body.value.channel, text: Buffer.from(body.value.data).toString("latin1") }];
      }
      return body.case === "gap" ? [{ gap: Number(body.value.to - body.value.from) }] : [];
    });
};

export const requestAll = async (peer: HomePeer): Promise<bigint> => {
  peer.send({ case: "logRequest", value: { requestId: 77n, from: 0n, to: 1n << 40n } });
  return 77n;
};

export const readText = async (peer: HomePeer, id: bigint): Promise<string> => {
  peer.send({ case: "logRequest", value: { requestId: id, from: 0n, to: 1n << 40n } });
  return (await readChunks(peer, id)).map((item) => ("text" in item ? item.text : "<gap>")).join("");
};
