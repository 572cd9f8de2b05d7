import { Readable } from "node:stream";
import { z } from "zod";
import { writeOperation } from "../../operation.ts";

export const localExport = writeOperation({
  id: "localExport",
  method: "POST",
  path: "/local/v1/export",
  tag: "Installation",
  summary: "Everything in the database, for its own machine, while the control plane runs",
  access: { kind: "local" },
  answers: { 200: z.string() },
  produces: ["application/x-ndjson"],
  handle: async ({ tx, services }) => {
    tx.audit({ action: "control.export", body: {} });
    return {
      status: 200,
      // Begun when it is read: after the commit of its own entry, which is in it.
      body: Readable.from(services.liveExport()),
      headers: { "content-type": "application/x-ndjson" },
    };
  },
});
