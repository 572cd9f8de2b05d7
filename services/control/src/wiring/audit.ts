// What the audit log needs beside the database: its key and the clock by which checkpoints are signed, and the files
// that it goes to.
import type { Clock } from "@cmdop/base";
import type { Logger } from "pino";
import { openGrowingFile } from "../adapters/audit-files/growing-file.ts";
import { createSealedFiles } from "../adapters/audit-files/sealed-files.ts";
import { openAuditArchive } from "../audit/audit-archive.ts";
import { openAuditStream } from "../audit/audit-stream.ts";
import { type CheckpointKeeper, openCheckpointKeeper } from "../audit/checkpoint-keeper.ts";
import type { ControlConfig } from "../config.ts";
import type { ControlHome } from "../home.ts";
import type { UnitOfWork } from "../store/unit-of-work.ts";

export const openAuditLog = async (options: {
  readonly config: Pick<ControlConfig, "auditArchive" | "auditKeepMs" | "auditFile" | "auditFileBytesMax">;
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly home: Pick<ControlHome, "auditKey" | "auditOrigin">;
  readonly log: Logger;
}): Promise<CheckpointKeeper> => {
  const { config, unitOfWork, clock, home, log } = options;
  const stream = config.auditFile
    ? openAuditStream({
        unitOfWork,
        clock,
        file: await openGrowingFile(config.auditFile),
        bytesMax: config.auditFileBytesMax,
        failed: (cause) => log.error({ err: cause }, "audit.file_failed"),
      })
    : undefined;
  const keeper = openCheckpointKeeper({
    unitOfWork,
    clock,
    signer: { name: home.auditOrigin, privateKey: home.auditKey },
    failed: (cause) => log.error({ err: cause }, "audit.checkpoint_failed"),
  });
  const archive = config.auditArchive
    ? openAuditArchive({
        unitOfWork,
        clock,
        keeper,
        files: createSealedFiles(config.auditArchive),
        keepMs: config.auditKeepMs,
        failed: (cause) => log.error({ err: cause }, "audit.archive_failed"),
      })
    : undefined;
  return {
    ...keeper,
    close: async () => {
      await archive?.close();
      await keeper.close();
      await stream?.close();
    },
  };
};
