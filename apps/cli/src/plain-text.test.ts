import { describe, expect, it } from "vitest";
import { createPlainText } from "./plain-text.ts";

const output = Buffer.from("one\r\n\u001b[31mtw\u001b[0mö\r\n\r\n10 %\r20 %\r\nend\r");
const text = "one\ntwö\n\n10 %\r20 %\nend\r";

describe("output as plain text", () => {
  it("has a file's line ends and no terminal sequences, wherever it is cut", () => {
    const cuts = Array.from({ length: output.length + 1 }, (_, at) => {
      const plain = createPlainText();
      return plain.push(output.subarray(0, at)) + plain.push(output.subarray(at)) + plain.end();
    });
    expect([...new Set(cuts)]).toEqual([text]);
  });

  it("byte by byte too", () => {
    const plain = createPlainText();
    const parts = [...output].map((byte) => plain.push(Uint8Array.of(byte)));
    expect(parts.join("") + plain.end()).toBe(text);
  });
});
