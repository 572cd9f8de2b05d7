// An operator in a process of its own, so that it can be killed: attaches and reports each item to its parent.
import { type ClientOptions, createClient } from "@cmdop/sdk";

interface Order {
  readonly client: ClientOptions;
  readonly session: string;
}

process.once("message", async ({ client: options, session }: Order) => {
  const client = createClient(options);
  const attachment = await client.attach(session, { mode: "lossless" });
  for await (const item of attachment.output()) {
    if (item.kind === "output") {
      process.send?.({ ...item, bytes: Buffer.from(item.bytes).toString("base64") });
    } else if (item.kind === "gap") process.send?.(item);
  }
  await client.dispose();
});
