// Prints the OpenAPI document of the control plane: node services/control/src/openapi-main.ts
import { createApiDocument } from "./server.ts";

console.log(JSON.stringify(await createApiDocument(), undefined, 2));
