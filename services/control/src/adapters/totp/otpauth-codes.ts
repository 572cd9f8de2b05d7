// Time-based one-time passwords (RFC 6238), as authenticator apps have them: SHA-1, 6 digits, 30 seconds.
import { Secret, TOTP } from "otpauth";
import encodeQr from "qr";
import type { TotpCodes } from "../../ports.ts";

const periodS = 30;
const settings = { algorithm: "SHA1", digits: 6, period: periodS } as const;
/** Steps before and after this one that are accepted: clocks differ. */
const window = 1;

export const createOtpauthCodes = (issuer: string): TotpCodes => ({
  newSecret: (random) => new Secret({ buffer: random.bytes(20).buffer }).base32,
  url: (secret, label) =>
    new TOTP({ ...settings, issuer, label, secret: Secret.fromBase32(secret) }).toString(),
  // The library draws a margin of one at the least.
  qrRows: (url) =>
    encodeQr(url, "raw", { border: 1 })
      .slice(1, -1)
      .map((row) =>
        row
          .slice(1, -1)
          .map((isDark) => (isDark ? "1" : "0"))
          .join(""),
      ),
  stepOf: (secret, code, nowMs) => {
    const delta = TOTP.validate({
      ...settings,
      secret: Secret.fromBase32(secret),
      token: code,
      timestamp: nowMs,
      window,
    });
    return delta === null ? undefined : Math.floor(nowMs / 1000 / periodS) + delta;
  },
});
