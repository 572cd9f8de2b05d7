// What goes into HTTP/2 headers and comes out of them: metadata, status messages, timeouts, statuses.

import { Failure, type FailureCode, failureTable } from "@cmdop/base";
import { testSeed } from "@cmdop/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addToHeaders, fromRawHeaders, type Metadata } from "./metadata.ts";
import { fromCallStatus, statusCode, statusNumber, statusOfHttp, toCallStatus } from "./status.ts";
import { decodeStatusMessage, encodeStatusMessage } from "./status-message.ts";
import { formatTimeout, parseTimeout } from "./timeout.ts";

const seed = testSeed();

const toRaw = (headers: Record<string, string | string[]>): string[] =>
  Object.entries(headers).flatMap(([key, value]) => [value].flat().flatMap((each) => [key, each]));

describe(`metadata, seed ${seed}`, () => {
  const text = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/);
  const bytes = fc.uint8Array({ maxLength: 40 });
  const entries = fc.dictionary(
    fc.stringMatching(/^x[0-9a-z_.]{0,10}$/),
    fc.oneof(
      fc.record({ isBin: fc.constant(false), values: fc.array(text, { minLength: 1, maxLength: 3 }) }),
      fc.record({ isBin: fc.constant(true), values: fc.array(bytes, { minLength: 1, maxLength: 3 }) }),
    ),
  );

  it("comes back as it was sent", () => {
    fc.assert(
      fc.property(entries, (given) => {
        const metadata: Metadata = new Map(
          Object.entries(given).map(([key, { isBin, values }]) => [
            isBin ? `${key}-bin` : key,
            values.map((value) => (typeof value === "string" ? value : Buffer.from(value))),
          ]),
        );
        const headers: Record<string, string | string[]> = {};
        addToHeaders(headers, metadata);
        expect(fromRawHeaders(toRaw(headers))).toEqual(metadata);
      }),
      { seed },
    );
  });

  it("bytes come with or without padding, several in one line too; reserved keys are not metadata", () => {
    const raw = [
      "a-bin",
      "AAE=,/w",
      "a-bin",
      "AAE",
      ":path",
      "/x",
      "grpc-timeout",
      "1S",
      "te",
      "trailers",
      "b",
      "1, 2",
    ];
    expect(fromRawHeaders(raw)).toEqual(
      new Map<string, (string | Uint8Array)[]>([
        ["a-bin", [Buffer.of(0, 1), Buffer.of(255), Buffer.of(0, 1)]],
        ["b", ["1, 2"]],
      ]),
    );
  });
});

describe(`status messages, seed ${seed}`, () => {
  it("come back as they were sent and are plain ASCII in between", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), (text) => {
        const encoded = encodeStatusMessage(text);
        expect(encoded).toMatch(/^([!-~]([ -~]*[!-~])?)?$/);
        expect(decodeStatusMessage(encoded)).toBe(text.toWellFormed());
      }),
      { seed },
    );
  });

  it("any text decodes without an error", () => {
    // fast-check's own unit "binary" costs a second and 100 MB of a process: a table of all characters.
    const anyText = fc.array(fc.nat(0x10ffff)).map((points) => String.fromCodePoint(...points));
    fc.assert(
      fc.property(anyText, (text) => typeof decodeStatusMessage(text) === "string"),
      { seed },
    );
    expect(decodeStatusMessage("100%, %zz, %E2%9C%93, %")).toBe("100%, %zz, ✓, %");
  });

  it("a long text is cut", () => {
    expect(encodeStatusMessage("x".repeat(100_000)).length).toBe(2_048);
  });
});

describe("timeouts", () => {
  it.each([
    ["1H", 3_600_000],
    ["2M", 120_000],
    ["3S", 3_000],
    ["4m", 4],
    ["500u", 0.5],
    ["99999999n", 99.999999],
    ["0m", 0],
  ])("%s is %d ms", (text, ms) => {
    expect(parseTimeout(text)).toBeCloseTo(ms, 6);
  });

  it.each(["", "1", "S", "-1S", "1.5S", "123456789S", "1s", " 1S", "1S ", "0x1S"])(
    "%j is refused",
    (text) => {
      expect(() => parseTimeout(text)).toThrow(Failure);
    },
  );

  it.each([0, 0.2, 1, 99_999_999, 1e8, 1e11, 1e15])(
    "%d ms is sent as at least that, up to what fits",
    (ms) => {
      const text = formatTimeout(ms);
      expect(text).toMatch(/^\d{1,8}[HSm]$/);
      expect(parseTimeout(text)).toBeGreaterThanOrEqual(Math.min(ms, 99_999_999 * 3_600_000));
    },
  );
});

describe("statuses", () => {
  it("have the numbers of the specification, and everything else is UNKNOWN", () => {
    const codes = Array.from({ length: 17 }, (_, number) => statusCode(String(number)));
    expect(codes.map(statusNumber)).toEqual(codes.map((_, number) => number));
    expect([codes[0], codes[4], codes[14], codes[16]]).toEqual([
      "OK",
      "DEADLINE_EXCEEDED",
      "UNAVAILABLE",
      "UNAUTHENTICATED",
    ]);
    expect(["", "17", "-1", "x", "1e1"].map(statusCode)).toEqual(Array(5).fill("UNKNOWN"));
    expect([statusOfHttp(404), statusOfHttp(200)]).toEqual(["UNIMPLEMENTED", "UNKNOWN"]);
  });

  it("every failure of the table crosses the wire and comes back as itself", () => {
    for (const code of Object.keys(failureTable) as FailureCode[]) {
      const failure = new Failure(code, undefined, { retryAfterMs: 250 });
      const status = toCallStatus(failure);
      expect(status.code).toBe(failureTable[code].grpc);
      expect(fromCallStatus(status)).toEqual(failure);
      expect(fromCallStatus(status).retryAfterMs).toBe(250);
    }
  });

  it("an absurd wait is not believed", () => {
    for (const wait of ["-1", "1e99", "NaN", "soon"]) {
      const metadata = new Map([["cmdop-retry-after-ms", [wait]]]);
      expect(fromCallStatus({ code: "UNAVAILABLE", message: "", metadata }).retryAfterMs).toBeUndefined();
    }
  });
});
