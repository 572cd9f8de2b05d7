import { expect, it } from "vitest";
import { createCredentialUses } from "./credential-uses.ts";
import type { ControlDatabase } from "./schema.ts";

it("first uses that come while one is written are written together: one transaction runs, one waits", async () => {
  const started: PromiseWithResolvers<void>[] = [];
  const database = {
    transaction: async () => {
      const running = Promise.withResolvers<void>();
      started.push(running);
      await running.promise;
    },
  };
  const uses = createCredentialUses({
    database: database as unknown as ControlDatabase,
    clock: { after: () => () => undefined },
    failed: (cause) => {
      throw cause;
    },
  });
  const record = (credentialId: string): void =>
    uses.record({ credentialId, atMs: 0, from: "127.0.0.1", isFirst: true });
  record("first");
  await Promise.resolve();
  for (let at = 0; at < 200; at += 1) record(`credential-${at % 20}`);
  const closed = uses.close();
  started[0]?.resolve();
  await new Promise(setImmediate);
  expect(started).toHaveLength(2);
  started[1]?.resolve();
  await closed;
});
