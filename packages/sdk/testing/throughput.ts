// How many bytes of output one attachment takes: `node packages/sdk/testing/throughput.ts`. The relay's part is
// played by a worker that sends the same frames over and over within the credit.
import { once } from "node:events";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { systemClock, systemRandom } from "@cmdop/base";
import { Channel, decodeFrame, encodeFrame, encodeOutput, OperatorService } from "@cmdop/protocol";
import { createGrpcServer, type ServerCall, serveStream } from "@cmdop/protocol/grpc";
import { ChannelPool, createGrpcDial } from "../src/grpc-transport.ts";
import { LiveAttachment } from "../src/live-attachment.ts";

const sessionId = "ses_0000000000000000000000";

/** "BYTES:CHUNK" in the session's name says how much to send, and in what pieces. */
const flood = (call: ServerCall): void => {
  let acked = 0;
  let offset = 0;
  let total = 0;
  let chunk = 0;
  let credit = 0;
  const data = Buffer.alloc(64 * 1024, "0123456789abcdef");
  const pump = (): void => {
    while (offset < total && offset - acked < credit) {
      const size = Math.min(chunk, total - offset);
      const framed = encodeOutput({ offset, channel: Channel.PTY, data: data.subarray(0, size) });
      offset += size;
      if (!call.sendFramed(framed)) return;
    }
  };
  call.handle({
    message: (message) => {
      const { body } = decodeFrame(message);
      if (body.case === "attach") {
        [total = 0, chunk = 0] = body.value.sessionId.split(":").map(Number);
        credit = body.value.creditBytes;
        const session = { sessionId, offset: BigInt(total) };
        call.sendFramed(encodeFrame({ case: "attached", value: { role: 1, creditBytes: credit, session } }));
        call.sendFramed(encodeFrame({ case: "status", value: { state: 1 } }));
      } else if (body.case === "ack") acked = Number(body.value.offset);
      pump();
    },
    drain: pump,
  });
};

const measure = async (port: number, chunk: number, style: "iterator" | "listener"): Promise<number> => {
  const total = chunk < 1_000 ? 60e6 : 600e6;
  const pool = new ChannelPool({ tls: "plaintext", clock: systemClock });
  const attachment = new LiveAttachment({
    sessionId: `${total}:${chunk}`,
    relays: [`127.0.0.1:${port}`],
    dial: createGrpcDial(pool, async () => "x"),
    clock: systemClock,
    random: systemRandom,
    mode: "lossless",
  });
  await attachment.attached;
  const startMs = performance.now();
  let received = 0;
  if (style === "iterator") {
    for await (const item of attachment.output()) {
      if (item.kind === "output") received += item.bytes.length;
      if (received >= total) break;
    }
  } else {
    await new Promise<void>((resolve) => {
      attachment.onFrame((item) => {
        if (item.kind === "output") received += item.bytes.length;
        attachment.ack(received);
        if (received >= total) resolve();
      });
    });
    await attachment.detach();
  }
  const seconds = (performance.now() - startMs) / 1_000;
  await pool.close();
  return total / seconds / 1e6;
};

if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url));
  const [port] = (await once(worker, "message")) as [number];
  for (const style of ["iterator", "listener"] as const) {
    for (const chunk of [100, 1_024, 16_384, 65_536]) {
      const rate = await measure(port, chunk, style);
      console.log(`${style.padEnd(9)} ${String(chunk).padStart(6)} B frames: ${rate.toFixed(0)} MB/s`);
    }
  }
  await worker.terminate();
} else {
  const server = createGrpcServer({ methods: new Map([serveStream(OperatorService.method.attach, flood)]) });
  const { port } = await server.listen({ host: "127.0.0.1", port: 0 });
  parentPort?.postMessage(port);
}
