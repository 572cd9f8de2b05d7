import { afterEach, expect, it, vi } from "vitest";
import { createServiceLog } from "./service-log.ts";

afterEach(() => vi.useRealTimers());

it("stamps each line with its own time, as Date writes it", () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const times: unknown[] = [];
  const log = createServiceLog("router", "info", { write: (line) => times.push(JSON.parse(line).time) });
  const moments = ["2026-02-28T23:59:59.000Z", "2026-02-28T23:59:59.999Z", "2026-03-01T00:00:00.007Z"];
  // The last one: a clock that was set back.
  for (const moment of [...moments, "2026-02-28T23:59:59.070Z"]) {
    vi.setSystemTime(moment);
    log.info({}, "tested");
  }
  expect(times).toEqual([...moments, "2026-02-28T23:59:59.070Z"]);
});
