// What the audit log needs beside the database: its key, and the clock by which checkpoints are signed.
import type { Clock } from "@cmdop/base";
import type { Logger } from "pino";
import { type CheckpointKeeper, openCheckpointKeeper } from "../audit/checkpoint-keeper.ts";
import type { ControlHome } from "../home.ts";
import type { UnitOfWork } from "../store/unit-of-work.ts";

export const openAuditLog = (options: {
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly home: Pick<ControlHome, "auditKey" | "auditOrigin">;
  readonly log: Logger;
}): CheckpointKeeper => {
  const { unitOfWork, clock, home, log } = options;
  return openCheckpointKeeper({
    unitOfWork,
    clock,
    signer: { name: home.auditOrigin, privateKey: home.auditKey },
    failed: (cause) => log.error({ err: cause }, "audit.checkpoint_failed"),
  });
};
