// A real control plane in a process of its own, as `npm start` runs it, on one of the two engines.
import { rmSync } from "node:fs";
import path from "node:path";
import { ControlledStack, TemporaryPostgres } from "@cmdop/testkit";
import { openDatabase } from "../../services/control/src/adapters/postgres/open-database.ts";
import { controlPaths } from "../../services/control/src/control-paths.ts";
import type { Database } from "../../services/control/src/store/database.ts";
import type { Schema } from "../../services/control/src/store/schema.ts";

export type Engine = "embedded" | "PostgreSQL";

/** PostgreSQL where its programs are installed. */
export const enginesHere: readonly Engine[] = TemporaryPostgres.isInstalled()
  ? ["embedded", "PostgreSQL"]
  : ["embedded"];

export class ControlUnderTest {
  readonly engine: Engine;
  readonly stack: ControlledStack;
  readonly #postgres: TemporaryPostgres | undefined;
  readonly #url: string | undefined;

  private constructor(
    engine: Engine,
    stack: ControlledStack,
    server: { readonly postgres: TemporaryPostgres | undefined; readonly url: string | undefined },
  ) {
    this.engine = engine;
    this.stack = stack;
    this.#postgres = server.postgres;
    this.#url = server.url;
  }

  static async start(engine: Engine): Promise<ControlUnderTest> {
    const postgres = engine === "PostgreSQL" ? await TemporaryPostgres.start() : undefined;
    try {
      const url = postgres?.url(await postgres.createDatabase());
      const stack = await ControlledStack.start({
        parts: [],
        env: { CMDOP_LOG_LEVEL: "warn" },
        ...(url === undefined ? {} : { databaseUrl: url }),
      });
      return new ControlUnderTest(engine, stack, { postgres, url });
    } catch (error) {
      await postgres?.close();
      throw error;
    }
  }

  get pid(): number {
    return this.stack.processes.pidOf("control");
  }

  stop(): Promise<void> {
    return this.stack.processes.signal("control", "SIGTERM");
  }

  /** From the process' start to its first answer that it is ready, milliseconds. */
  async startAgain(): Promise<number> {
    const beforeMs = performance.now();
    await this.stack.startControl();
    return performance.now() - beforeMs;
  }

  /** As if it had never run here. */
  forget(): void {
    rmSync(path.join(this.stack.home, "control"), { recursive: true });
  }

  /** Puts rows into its database while it does not run, and starts it again. */
  async fill<Result>(work: (database: Database<Schema>) => Promise<Result>): Promise<Result> {
    await this.stop();
    const { dataDir } = controlPaths(path.join(this.stack.home, "control"));
    const database = await openDatabase<Schema>(
      this.#url === undefined ? { dir: dataDir } : { url: this.#url },
    );
    let result: Result;
    try {
      result = await work(database);
    } finally {
      await database.close();
    }
    await this.startAgain();
    return result;
  }

  async close(): Promise<void> {
    await this.stack.close();
    await this.#postgres?.close();
  }
}
