import { PGlite } from "@electric-sql/pglite";

/** What the engine is started with, so that a commit is on the disk before it is acknowledged. */
export const engineStartParams: readonly string[] = [
  // -F would switch fsync off.
  ...PGlite.defaultStartParams.filter((parameter) => parameter !== "-F"),
  ...[
    "fsync=on",
    "synchronous_commit=on",
    "full_page_writes=on",
    // fdatasync, the default, is an empty function in the engine's C library.
    "wal_sync_method=fsync",
    "shared_buffers=16MB",
  ].flatMap((setting) => ["-c", setting]),
];
