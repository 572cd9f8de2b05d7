import { describe, expect, it } from "vitest";
import { AsciicastWriter } from "./asciicast.ts";

describe("asciicast v3", () => {
  it("has a header and intervals in seconds; a cut character waits for its rest", () => {
    const cast = new AsciicastWriter(1_000_000);
    const euro = Buffer.from("€");
    expect([
      cast.header({ cols: 80, rows: 24, title: "build" }),
      cast.output(Buffer.from("a"), 1_000_500),
      cast.output(euro.subarray(0, 1), 1_001_000),
      cast.output(euro.subarray(1), 1_002_000),
      cast.resize(100, 30, 1_001_000),
      cast.exit(3, 1_002_250),
    ]).toEqual([
      '{"version":3,"term":{"cols":80,"rows":24,"type":"xterm-256color"},"timestamp":1000,"title":"build"}\n',
      '[0.5,"o","a"]\n',
      "",
      '[1.5,"o","€"]\n',
      '[0,"r","100x30"]\n',
      '[0.25,"x","3"]\n',
    ]);
  });
});
