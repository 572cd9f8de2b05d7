import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { request } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseConfig } from "./config.ts";
import { ControlFixture, type TestAccount } from "./testing/control-fixture.ts";

let fixture: ControlFixture;
let owner: TestAccount;

beforeAll(async () => {
  const home = mkdtempSync(path.join(tmpdir(), "cmdop-metrics-"));
  const parsed = parseConfig(
    {
      CMDOP_HOME: home,
      CMDOP_CONTROL_PORT: "0",
      CMDOP_CONTROL_INTERNAL_PORT: "0",
      CMDOP_CONTROL_METRICS_PORT: "0",
    },
    "/",
  );
  if (parsed.kind === "problems") throw new Error(parsed.problems.join("\n"));
  fixture = await ControlFixture.open({ home, config: parsed.config });
  owner = await fixture.addAccount("@example.org", "owner");
}, 60_000);
afterAll(() => fixture.close());

const scrape = async (): Promise<string> =>
  (await request(`http://127.0.0.1:${fixture.control.metricsPort}/metrics`)).body.text();

describe("the metrics", () => {
  it("count requests by operation and class of status, and show how things stand", async () => {
    await fixture.ask("POST", "/v1/fleets", {
      token: owner.token,
      body: { name: "Secret name", slug: "hidden" },
    });
    await fixture.ask("GET", "/v1/fleets/hidden", { token: owner.token });
    await fixture.ask("GET", "/v1/fleets/hidden");
    await fixture.ask("GET", "/v1/nowhere/hidden", { token: owner.token });
    const text = await scrape();
    expect(text).toContain('cmdop_control_request_seconds_count{operation="createFleet",status="2xx"} 1');
    expect(text).toContain('cmdop_control_request_seconds_count{operation="getFleet",status="2xx"} 1');
    expect(text).toContain('cmdop_control_request_seconds_count{operation="getFleet",status="4xx"} 1');
    expect(text).toContain('cmdop_control_request_seconds_count{operation="none",status="4xx"} 1');
    expect(text).toMatch(/^cmdop_control_database_up 1$/m);
    expect(text).toMatch(/^cmdop_control_audit_entries [1-9]/m);
    expect(text).toMatch(/^cmdop_control_database_connections 1$/m);
    expect(text).toMatch(/^cmdop_control_revocation_followers 0$/m);
    expect(text).toMatch(/^cmdop_control_certificate_expires_seconds 34[23]\d{5}/m);
  });

  it("name no fleet, account or credential", async () => {
    const text = await scrape();
    for (const word of ["hidden", "Secret name", "@example.org", owner.accountId, owner.token]) {
      expect(text).not.toContain(word);
    }
  });
});
