import { edgeContractSuite } from "./edge-contract-suite.ts";
import { FakeControl } from "./fake-control.ts";

edgeContractSuite("fake control", async () => {
  const control = await FakeControl.open();
  return {
    url: control.url,
    caPin: control.certificates.caPin,
    edgeToken: control.edgeToken,
    routerToken: control.edgeToken,
    issue: async () => ({ ...control.issue(), fleet: "flt_main" }),
    revoke: async (id) => {
      control.revoke([id]);
    },
    close: () => control.close(),
  };
});
