import { decodeFrame, fromFramed, GapReason } from "@cmdop/protocol";
import { waitFor } from "@cmdop/testkit";
import { expect, it } from "vitest";
import type { HomeLink } from "./home.ts";
import { LogAnswers, type ReadableLog } from "./log-answers.ts";

it("a log that fails while it is read is declared lost from there, and the requests after it are answered", async () => {
  const told: string[] = [];
  const link: HomeLink = {
    bufferedBytes: 0,
    isOver: false,
    drained: () => Promise.resolve(),
    end: () => {},
    send: (framed) => {
      const { body } = decodeFrame(fromFramed(framed));
      if (body.case !== "logChunk") throw new Error(`not asked for: ${body.case}`);
      const { requestId, frame, next, done } = body.value;
      const inner = done ? "done" : JSON.stringify(toText(frame));
      told.push(`${requestId} ${inner} ${next}`);
    },
  };
  const toText = (frame: Uint8Array): unknown => {
    const { body } = decodeFrame(frame);
    if (body.case === "output") return Buffer.from(body.value.data).toString();
    return body.case === "gap"
      ? { gap: [body.value.from, body.value.to].map(Number), reason: body.value.reason }
      : "";
  };
  let reads = 0;
  const log: ReadableLog = {
    start: 0,
    end: 10,
    *read(from) {
      reads += 1;
      yield { kind: "output", offset: from, channel: 1, data: Buffer.from("abc"), atMs: 1 };
      if (reads === 1) throw Object.assign(new Error("the disk"), { code: "EIO" });
      yield { kind: "output", offset: from + 3, channel: 1, data: Buffer.from("d"), atMs: 1 };
    },
  };
  const answers = new LogAnswers(link, log);
  for (const [requestId, from, to] of [[1n, 0n, 8n] as const, [2n, 4n, 8n] as const])
    expect(answers.request({ $typeName: "cmdop.live.v1.LogRequest", requestId, from, to })).toBe(true);
  await waitFor(() => told.some((each) => each.startsWith("2 done")));
  expect(told).toEqual([
    '1 "abc" 3',
    `1 {"gap":[3,8],"reason":${GapReason.LOST}} 8`,
    "1 done 8",
    '2 "abc" 7',
    '2 "d" 8',
    "2 done 8",
  ]);
});
