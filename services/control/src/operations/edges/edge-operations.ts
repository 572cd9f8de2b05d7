import type { Operation } from "../../operation.ts";
import { createEdge, localCreateEdge } from "./create-edge.ts";
import { listEdges } from "./list-edges.ts";
import { revokeEdge } from "./revoke-edge.ts";

export const edgeOperations: readonly Operation[] = [createEdge, localCreateEdge, listEdges, revokeEdge];
