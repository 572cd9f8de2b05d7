import { expect, it } from "vitest";
import { FakeProvider } from "./fake-provider.ts";
import { FaultProxy } from "./fault-proxy.ts";

it.each([
  ["fault proxy", () => FaultProxy.open("127.0.0.1:1")],
  ["fake provider", () => FakeProvider.open()],
])("a %s may be closed twice, at once and later", async (_name, open) => {
  const opened = await open();
  await expect(Promise.all([opened.close(), opened.close()])).resolves.toEqual([undefined, undefined]);
  await expect(opened.close()).resolves.toBeUndefined();
});
