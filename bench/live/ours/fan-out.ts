import { setTimeout as delay } from "node:timers/promises";
import {
  Channel,
  DeliveryMode,
  encodeAck,
  encodeFrame,
  encodeOutput,
  OperatorService,
  peekFrame,
} from "@cmdop/protocol";
import { openChannel, pathOf, toMetadata } from "@cmdop/protocol/grpc";
import { createClient } from "@cmdop/sdk";
import { Stack } from "@cmdop/testkit";
import { cpuMsOf } from "../../process-usage.ts";
import type { OpenFanOut } from "../fan-out.ts";
import { linkFakeMachine } from "./fake-machine.ts";

const ackEveryBytes = 64 * 1024;

/** One session of a fake machine, fanned out by a real relay process over TLS to one connection for each reader. */
export const openRelayFanOut: OpenFanOut = async ({ readers, messageBytes }) => {
  const stack = await Stack.start({ hasAgent: false, env: { CMDOP_LOG_LEVEL: "error" } });
  const machine = await linkFakeMachine(stack);
  const client = createClient(stack.clientOptions);
  const { session, ticket } = await client.open({ argv: ["flood"] });
  const source = machine.session(session.id);
  const [host = "", port = ""] = stack.relay.split(":");
  let listener: (reader: number, messages: number) => void = () => {};

  const attach = async (reader: number): Promise<() => Promise<void>> => {
    const channel = await openChannel({
      address: { host, port: Number(port) },
      tls: { pinnedCa: stack.local.caPin, servername: "localhost" },
    });
    const call = channel.open(pathOf(OperatorService.method.attach), {
      metadata: toMetadata({ authorization: `Bearer ${ticket.token}` }),
    });
    await new Promise<void>((resolve, reject) => {
      let acked = 0;
      call.handle({
        message: (message) => {
          const frame = peekFrame(message);
          if (frame.body !== "output") {
            if (frame.body === "attached") resolve();
            return;
          }
          const end = frame.offset + frame.dataLength;
          if (end - acked >= ackEveryBytes) {
            acked = end;
            call.sendFramed(encodeAck(end));
          }
          listener(reader, 1);
        },
        close: (status) => reject(new Error(`attach ended: ${status.code} ${status.message}`)),
      });
      call.sendFramed(
        encodeFrame({
          case: "attach",
          value: {
            sessionId: session.id,
            mode: DeliveryMode.LOSSLESS,
            fromOffset: 0n,
            creditBytes: 4 << 20,
            stream: crypto.getRandomValues(new Uint8Array(16)),
          },
        }),
      );
    });
    return () => channel.close();
  };
  const closers: (() => Promise<void>)[] = [];
  for (let reader = 0; reader < readers; reader += 1) {
    // Within the relay's limit on attaches.
    if (reader >= 400) await delay(30);
    closers.push(await attach(reader));
  }

  const data = Buffer.alloc(messageBytes, "x");
  let offset = 0;
  return {
    publish: () => {
      const framed = encodeOutput({ offset, channel: Channel.PTY, data });
      offset += data.length;
      for (const home of source.homes) home.send(framed);
    },
    onDelivered: (next) => {
      listener = next;
    },
    serverCpuMs: async () => cpuMsOf(stack.pidOf("relay")),
    close: async () => {
      for (const close of closers) await close();
      await client.dispose();
      await machine.close();
      await stack.close();
    },
  };
};
