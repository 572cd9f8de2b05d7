import type pg from "pg";
import type { StopListening, Wake } from "../../../store/database.ts";
import { type Listener, WakeTable } from "../listener.ts";
import { toStorageError } from "../storage-failures.ts";
import type { EmbeddedEngine } from "./embedded-engine.ts";

/**
 * Listens on the engine's only session. PostgreSQL sends a notification between two answers, so it comes on whatever
 * connection is in use; the engine listens again for each new one.
 */
export class EmbeddedListener implements Listener {
  readonly #engine: EmbeddedEngine;
  readonly #pool: pg.Pool;
  readonly #table = new WakeTable();

  constructor(engine: EmbeddedEngine, pool: pg.Pool) {
    this.#engine = engine;
    this.#pool = pool;
    let hadConnection = false;
    pool.on("connect", (client) => {
      client.on("notification", ({ channel, payload }) => this.#table.wake(channel, payload ?? ""));
      // Another connection means that the former one was lost.
      if (hadConnection) this.#table.wakeAll();
      hadConnection = true;
    });
  }

  async listen(channel: string, wake: Wake): Promise<StopListening> {
    if (this.#table.add(channel, wake)) {
      this.#engine.addChannel(channel);
      await this.#run(`LISTEN ${channel}`);
    }
    return async () => {
      if (!this.#table.delete(channel, wake)) return;
      this.#engine.removeChannel(channel);
      await this.#run(`UNLISTEN ${channel}`);
    };
  }

  async #run(sql: string): Promise<void> {
    try {
      await this.#pool.query(sql);
    } catch (error) {
      throw toStorageError(error);
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
