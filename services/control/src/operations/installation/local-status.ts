import { sql } from "kysely";
import { z } from "zod";
import { readOperation } from "../../operation.ts";

export const localStatus = readOperation({
  id: "localStatus",
  method: "GET",
  path: "/local/v1/status",
  tag: "Installation",
  summary: "What the control plane stands on, for its own machine",
  access: { kind: "local" },
  answers: {
    200: z.object({
      url: z.string(),
      engine: z.enum(["postgres", "pglite"]),
      engineVersion: z.string(),
      databaseBytes: z.int(),
    }),
  },
  handle: async ({ db, services }) => {
    const { rows } = await sql<{ version: string; bytes: string }>`
      select current_setting('server_version') as version,
        pg_database_size(current_database())::text as bytes
    `.execute(db);
    const [row] = rows;
    return {
      status: 200,
      body: {
        url: services.addresses.publicUrl(),
        engine: services.unitOfWork.engine,
        engineVersion: row?.version ?? "",
        databaseBytes: Number(row?.bytes ?? 0),
      },
    };
  },
});
