import { describe, expect, it } from "vitest";
import { toQrLines } from "./qr-text.ts";

const rows = ["101", "010", "111"];

describe("a QR code in a terminal", () => {
  it("is dark modules drawn in black on white, with a margin of two", () => {
    const paint = (text: string) => `\u001b[38;5;16;48;5;231m${text}\u001b[0m`;
    expect(toQrLines(rows, { isColoured: true })).toEqual(
      ["       ", "  ▀▄▀  ", "  ▀▀▀  ", "       "].map(paint),
    );
  });

  it("is light modules drawn where there are no colours", () => {
    expect(toQrLines(rows, { isColoured: false })).toEqual(["███████", "██▄▀▄██", "██▄▄▄██", "███████"]);
  });
});
