// Come back from another process: the offset is all that has to be kept.
import type { Client } from "@cmdop/sdk";

export const readOn = async (
  client: Client,
  session: string,
  from: number,
  take: (bytes: Uint8Array) => Promise<void>,
): Promise<number> => {
  await using attachment = await client.attach(session, { mode: "lossless", from, role: "observer" });
  for await (const item of attachment.output()) {
    // Taking the next item says that this one was stored; until then the relay sends no more than the credit.
    if (item.kind === "output") await take(item.bytes);
    else if (item.kind === "gap") console.warn(`missed [${item.from}, ${item.to})`);
  }
  return attachment.receivedOffset ?? from;
};
