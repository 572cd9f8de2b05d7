// Prints the OpenAPI document of the control plane: node services/control/src/openapi-main.ts
import process from "node:process";
import { createApiDocument } from "./server.ts";

process.stdout.write(`${JSON.stringify(await createApiDocument(), undefined, 2)}\n`);
