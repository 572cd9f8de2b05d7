import { afterEach, describe, expect, it, vi } from "vitest";
import { formatTable } from "./table.ts";
import { timeColumn } from "./time-column.ts";

interface Row {
  readonly at: string | null;
}

const rows: readonly Row[] = [{ at: "2026-11-26T23:30:05.123Z" }, { at: null }];
const columns = [timeColumn<Row>("USED", ({ at }) => at, "never")];

describe("a column of times", () => {
  afterEach(() => vi.unstubAllEnvs());

  it("is in the zone of whoever reads, and in UTC for programs", () => {
    vi.stubEnv("TZ", "Asia/Kathmandu");
    expect(formatTable(rows, columns, { columns: 80 })).toBe("USED\n2026-11-27 05:15:05\nnever\n");
    expect(formatTable(rows, columns, { columns: undefined })).toBe("2026-11-26T23:30:05.123Z\nnever\n");
  });
});
