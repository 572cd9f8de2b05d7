import decodeQr from "qr/decode.js";
import { describe, expect, it } from "vitest";
import { createOtpauthCodes } from "./otpauth-codes.ts";

const margin = 4;
const pixels = 4;

/** As a camera sees what is drawn from these rows. */
const toImage = (rows: readonly string[]) => {
  const modules = rows.length + 2 * margin;
  const size = modules * pixels;
  const data = new Uint8Array(size * size * 4).fill(255);
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      const row = rows[Math.floor(y / pixels) - margin];
      if (row?.[Math.floor(x / pixels) - margin] === "1")
        data.fill(0, (y * size + x) * 4, (y * size + x) * 4 + 3);
    }
  }
  return { width: size, height: size, data };
};

describe("the QR code of an authenticator app", () => {
  it("reads as the address that the app takes, whatever the account is called", () => {
    const codes = createOtpauthCodes("cmdop");
    const secret = codes.newSecret({ bytes: (count) => new Uint8Array(count).fill(7) });
    for (const label of ["ada@example.org", "\u00fcnal:o'neil+1@example.org", "x".repeat(254)]) {
      const url = codes.url(secret, label);
      const rows = codes.qrRows(url);
      expect(rows.every((row) => /^[01]+$/.test(row) && row.length === rows.length)).toBe(true);
      expect(decodeQr(toImage(rows))).toBe(url);
    }
  });
});
