import type { Attachment, Client } from "@cmdop/sdk";
import type { Echo } from "../open-loop.ts";

const shell = (script: string): readonly string[] => ["/bin/sh", "-c", script];

/** Attached to a program that sends back what it gets, on a raw PTY. */
export const openOurEcho = async (client: Client): Promise<Echo> => {
  const attachment = await client.start({ argv: shell("stty raw -echo; printf R; exec cat") });
  let listener: (byte: number) => void = () => {};
  await new Promise<void>((resolve) => {
    let isStarted = false;
    attachment.onFrame((item) => {
      if (item.kind !== "output") return;
      attachment.ack(item.offset + item.bytes.length);
      if (!isStarted) {
        isStarted = true;
        resolve();
        return;
      }
      for (const byte of item.bytes) listener(byte);
    });
  });
  return {
    send: (byte) => {
      if (!attachment.writeNow(Uint8Array.of(byte))) throw new Error("the key press was not taken");
    },
    onByte: (next) => {
      listener = next;
    },
    close: async () => {
      await client.close(attachment.session.id, { graceMs: 100 });
      await attachment.detach();
    },
  };
};

/** `count` sessions that do nothing. Returns their end. */
export const openIdleSessions = async (client: Client, count: number): Promise<() => Promise<void>> => {
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const { session } = await client.open({ argv: ["/bin/sleep", "3600"] });
    ids.push(session.id);
  }
  return async () => {
    for (const id of ids) await client.close(id, { graceMs: 100, forget: true });
  };
};

/** A terminal that floods, with one operator who reads and draws at once. */
export const openFlood = async (
  client: Client,
  program: readonly string[] = ["yes"],
): Promise<{ attachment: Attachment; bytes: () => number; close: () => Promise<void> }> => {
  const attachment = await client.start({ argv: program });
  let bytes = 0;
  attachment.onFrame((item) => {
    if (item.kind === "output") {
      bytes += item.bytes.length;
      attachment.ack(item.offset + item.bytes.length);
    } else if (item.kind === "snapshot") {
      attachment.ack(item.offset);
    }
  });
  return {
    attachment,
    bytes: () => bytes,
    close: async () => {
      await client.close(attachment.session.id, { graceMs: 100, forget: true });
      await attachment.detach();
    },
  };
};
