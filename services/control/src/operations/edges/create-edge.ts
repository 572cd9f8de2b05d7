import { writeOperation } from "../../operation.ts";
import { addEdge } from "./add-edge.ts";
import { edgeBodySchema, newEdgeSchema } from "./edge-view.ts";

export const createEdge = writeOperation({
  id: "createEdge",
  method: "POST",
  path: "/v1/edges",
  tag: "Edges",
  summary: "Make the credential of a relay or a router",
  access: { kind: "installation", right: "edges:manage" },
  isFreshSignInNeeded: true,
  hasSecret: true,
  body: edgeBodySchema,
  answers: { 201: newEdgeSchema },
  handle: ({ body, tx, services }) => addEdge(tx, services.random, body),
});

export const localCreateEdge = writeOperation({
  id: "localCreateEdge",
  method: "POST",
  path: "/local/v1/edges",
  tag: "Edges",
  summary: "Make the credential of a relay or a router on the control plane's own machine",
  access: { kind: "local" },
  hasSecret: true,
  body: edgeBodySchema,
  answers: { 201: newEdgeSchema },
  handle: ({ body, tx, services }) => addEdge(tx, services.random, body),
});
