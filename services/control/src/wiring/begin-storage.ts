import { EmbeddedEngine } from "../adapters/postgres/embedded/embedded-engine.ts";
import { controlPaths } from "../control-paths.ts";

/**
 * Begins to open the embedded database in its thread, for openControl; undefined where PostgreSQL is in use. It takes as
 * long as to load the code of a control plane, so it is imported and called before that.
 */
export const beginStorage = async (place: {
  /** The control plane's directory. */
  readonly dir: string;
  readonly databaseUrl: string | undefined;
}): Promise<EmbeddedEngine | undefined> =>
  place.databaseUrl ? undefined : EmbeddedEngine.begin(controlPaths(place.dir).dataDir);
