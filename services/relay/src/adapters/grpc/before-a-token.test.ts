import { AgentService, limits, OperatorService } from "@cmdop/protocol";
import { pathOf } from "@cmdop/protocol/grpc";
import { describe, expect, it } from "vitest";
import type { RelayContext } from "../../relay-context.ts";
import { serveAttach } from "./attach.ts";
import { serveHome } from "./home.ts";
import { serveLink } from "./link.ts";
import { serveOperatorMethods } from "./operator-service.ts";

// Nothing is called here: only how the methods are offered is looked at.
const context = {} as RelayContext;
const offered = [
  serveLink(context),
  serveHome(context),
  serveAttach(context),
  ...serveOperatorMethods(context),
];

describe("what a peer may send before its token was verified", () => {
  it.each(offered)("is bounded for %s", (_path, { unauthenticatedBytesMax }) => {
    expect(unauthenticatedBytesMax).toBe(limits.unauthenticatedBytesMax);
  });

  it("is bounded for every method of the contract", () => {
    const methods = [...AgentService.methods, ...OperatorService.methods].map(pathOf);
    expect(offered.map(([path]) => path).sort()).toEqual(methods.sort());
  });
});
