import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { leakCheck } from "./leak-check.ts";
import { TemporaryPostgres } from "./temporary-postgres.ts";

describe.skipIf(!TemporaryPostgres.isInstalled())("a temporary PostgreSQL", () => {
  let postgres: TemporaryPostgres;
  const assertClosed = leakCheck();
  beforeAll(async () => {
    postgres = await TemporaryPostgres.start();
  });
  afterAll(async () => {
    await postgres.close();
    await assertClosed();
  });

  it("makes databases from a template that do not see each other", async () => {
    const template = await postgres.createDatabase();
    await postgres.execute("create table t (x int)", template);
    const one = await postgres.createDatabase(template);
    const other = await postgres.createDatabase(template);
    await postgres.execute("insert into t values (1)", one);
    expect(await postgres.execute("select count(*) from t", one)).toBe("1");
    expect(await postgres.execute("select count(*) from t", other)).toBe("0");
  });

  it("comes back with its data after a kill", async () => {
    const name = await postgres.createDatabase();
    await postgres.execute("create table t (x int); insert into t values (7)", name);
    await postgres.kill();
    await expect(postgres.execute("select 1", name)).rejects.toThrow();
    await postgres.resume();
    expect(await postgres.execute("select x from t", name)).toBe("7");
  });
});
