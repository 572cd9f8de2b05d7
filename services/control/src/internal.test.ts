import { edgeContractSuite } from "@cmdop/edge/testing";
import { ControlFixture } from "./testing/control-fixture.ts";

edgeContractSuite("the control plane", async () => {
  const fixture = await ControlFixture.open();
  const owner = await fixture.addAccount("ada", "owner");
  const { body: fleet } = await fixture.ask("POST", "/v1/fleets", {
    token: owner.token,
    body: { name: "Suite", slug: "suite" },
  });
  const newEdge = async (kind: "relay" | "router"): Promise<string> =>
    (await fixture.ask("POST", "/v1/edges", { token: owner.token, body: { name: `${kind}-1`, kind } })).body
      .secret;
  return {
    url: `https://127.0.0.1:${fixture.control.internalPort}`,
    caPin: fixture.control.caPin,
    edgeToken: await newEdge("relay"),
    routerToken: await newEdge("router"),
    issue: async () => ({ ...(await fixture.addCredential(owner.accountId, "api")), fleet: fleet.id }),
    revoke: (id) => fixture.revokeCredential(id),
    close: () => fixture.close(),
  };
});
