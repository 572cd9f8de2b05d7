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
    // The end of its log stands in the error when it dies: no statement and no value of a row may be in it.
    "log_min_error_statement=panic",
    "log_error_verbosity=terse",
  ].flatMap((setting) => ["-c", setting]),
];
