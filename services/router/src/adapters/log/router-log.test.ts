import { Writable } from "node:stream";
import { createServiceLog } from "@cmdop/service";
import { expect, it } from "vitest";
import { refuse } from "../../core/refusals.ts";
import { createRouterLog } from "./router-log.ts";

it("a flood of refusals is cut, and what was left out is said", () => {
  const lines: string[] = [];
  const destination = new Writable({
    write: (chunk, _encoding, done) => {
      lines.push(String(chunk));
      done();
    },
  });
  let nowMs = 0;
  const log = createRouterLog(createServiceLog("router", "info", destination), () => nowMs);
  const refusal = refuse("invalid_api_key");
  for (let request = 0; request < 200; request += 1) log.refused({ requestId: "req_1", refusal });
  expect(lines.length).toBe(50);
  nowMs = 1_000;
  log.refused({ requestId: "req_2", refusal });
  expect(JSON.parse(lines.at(-1) ?? "")).toMatchObject({
    event: "request.refused",
    requestId: "req_2",
    unlogged: 150,
  });
});
