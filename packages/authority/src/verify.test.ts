import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import type { FailureCode } from "@cmdop/base";
import { Failure, newMachineId, newSessionId } from "@cmdop/base";
import { describe, expect, it } from "vitest";
import { tokenTypes } from "./claims.ts";
import { machineFingerprint, rawPublicKey } from "./fingerprint.ts";
import { parseKeySet } from "./key-set.ts";
import { createPrivateKey25519 } from "./private-key.ts";
import { mintMachineToken, mintOperatorToken, mintSessionToken, toPublicJwk } from "./tokens.ts";
import { verifyToken } from "./verify.ts";

const nowS = 1_800_000_000;
const clock = { wallMs: () => nowS * 1000 };
const signer = { keyId: "k1", privateKey: createPrivateKey25519() };
const other = { keyId: "k1", privateKey: createPrivateKey25519() };
const keys = parseKeySet(JSON.stringify({ keys: [toPublicJwk(signer)] }));
const machineId = newMachineId();
const sessionId = newSessionId();

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

const header = { alg: "EdDSA", typ: tokenTypes.operator, kid: "k1" };
const claims = {
  iss: "cmdop",
  aud: "cmdop-relay",
  sub: "alice",
  jti: "tok_00000000",
  iat: nowS - 10,
  exp: nowS + 600,
  flt: "default",
  role: "operator",
  act: "human",
  mch: "*",
};

/** A token made by hand, so that every part of it can be wrong. */
const forge = (
  change: {
    readonly header?: Record<string, unknown>;
    readonly claims?: Record<string, unknown>;
    readonly key?: KeyObject;
    readonly signature?: (input: string) => string;
  } = {},
): string => {
  const input = `${encode({ ...header, ...change.header })}.${encode({ ...claims, ...change.claims })}`;
  const signature =
    change.signature?.(input) ??
    sign(null, Buffer.from(input), change.key ?? signer.privateKey).toString("base64url");
  return `${input}.${signature}`;
};

const codeOf = async (token: string): Promise<FailureCode | "accepted"> => {
  try {
    await verifyToken({ keys, clock }, "operator", token);
    return "accepted";
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return error.code;
  }
};

describe("a token is accepted only when everything about it is right", () => {
  const publicPem = createPublicKey(signer.privateKey).export({ type: "spki", format: "pem" }).toString();
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  const good = forge();
  const flipped = `${good.slice(0, -1)}${good.endsWith("A") ? "B" : String.fromCharCode(good.charCodeAt(good.length - 1) + 1)}`;

  const rows: readonly [string, string, FailureCode | "accepted"][] = [
    ["as it should be", good, "accepted"],
    ["several audiences, ours among them", forge({ claims: { aud: ["x", "cmdop-relay"] } }), "accepted"],
    ["an unknown claim", forge({ claims: { later: 1 } }), "accepted"],
    ["typ with its media type's prefix", forge({ header: { typ: `application/${header.typ}` } }), "accepted"],
    ["empty", "", "unauthenticated"],
    ["no token", "not a token", "unauthenticated"],
    ["another audience", forge({ claims: { aud: "cmdop-control" } }), "unauthenticated"],
    ["no audience", forge({ claims: { aud: undefined } }), "unauthenticated"],
    ["another issuer", forge({ claims: { iss: "somebody" } }), "unauthenticated"],
    ["typ of another kind", forge({ header: { typ: tokenTypes.session } }), "unauthenticated"],
    ["typ JWT", forge({ header: { typ: "JWT" } }), "unauthenticated"],
    ["no typ", forge({ header: { typ: undefined } }), "unauthenticated"],
    [
      "alg none without a signature",
      `${encode({ ...header, alg: "none" })}.${encode(claims)}.`,
      "unauthenticated",
    ],
    ["alg none with a signature", forge({ header: { alg: "none" } }), "unauthenticated"],
    [
      "HS256 keyed with the public key",
      forge({
        header: { alg: "HS256" },
        signature: (input) => createHmac("sha256", publicPem).update(input).digest("base64url"),
      }),
      "unauthenticated",
    ],
    [
      "HS256 of a signature's length",
      forge({
        header: { alg: "HS256" },
        signature: (input) => createHmac("sha512", publicPem).update(input).digest("base64url"),
      }),
      "unauthenticated",
    ],
    [
      "RS256 with a key of its own",
      forge({
        header: { alg: "RS256" },
        signature: (input) => sign("sha256", Buffer.from(input), rsa).toString("base64url"),
      }),
      "unauthenticated",
    ],
    ["signed by another key under our kid", forge({ key: other.privateKey }), "unauthenticated"],
    ["unknown kid", forge({ header: { kid: "k2" } }), "unauthenticated"],
    ["no kid", forge({ header: { kid: undefined } }), "unauthenticated"],
    [
      "its own key in the header",
      forge({ key: other.privateKey, header: { jwk: toPublicJwk(other) } }),
      "unauthenticated",
    ],
    ["a critical extension", forge({ header: { crit: ["later"], later: 1 } }), "unauthenticated"],
    ["expired now", forge({ claims: { exp: nowS } }), "token_expired"],
    ["expired long ago", forge({ claims: { exp: nowS - 86_400 } }), "token_expired"],
    [
      "expired and signed by another key",
      forge({ claims: { exp: 1 }, key: other.privateKey }),
      "unauthenticated",
    ],
    ["no expiry", forge({ claims: { exp: undefined } }), "unauthenticated"],
    ["expiry as text", forge({ claims: { exp: "9999999999" } }), "unauthenticated"],
    ["not yet valid", forge({ claims: { nbf: nowS + 60 } }), "unauthenticated"],
    ["issued in the future", forge({ claims: { iat: nowS + 120 } }), "unauthenticated"],
    ["no time of issue", forge({ claims: { iat: undefined } }), "unauthenticated"],
    ["no id", forge({ claims: { jti: undefined } }), "unauthenticated"],
    ["no fleet", forge({ claims: { flt: undefined } }), "unauthenticated"],
    ["an unknown role", forge({ claims: { role: "admin" } }), "unauthenticated"],
    ["an unknown actor", forge({ claims: { act: "robot" } }), "unauthenticated"],
    ["machines as text", forge({ claims: { mch: "all" } }), "unauthenticated"],
    ["a name with an escape sequence", forge({ claims: { sub: "al\u001b[2Jice" } }), "unauthenticated"],
    ["a name that reorders text", forge({ claims: { sub: "al\u202eice" } }), "unauthenticated"],
    ["a limit of nothing", forge({ claims: { lim: 0 } }), "unauthenticated"],
    ["a negative limit", forge({ claims: { lim: -1 } }), "unauthenticated"],
    ["one changed character", flipped, "unauthenticated"],
    ["trailing character", `${good}A`, "unauthenticated"],
    ["trailing padding", `${good}==`, "unauthenticated"],
    ["trailing line break", `${good}\n`, "unauthenticated"],
    ["a fourth part", `${good}.AAAA`, "unauthenticated"],
    ["leading space", ` ${good}`, "unauthenticated"],
    ["longer than any of ours", forge({ claims: { pad: "x".repeat(8192) } }), "unauthenticated"],
    ["payload that is no object", `${encode(header)}.${encode([])}.${"A".repeat(86)}`, "unauthenticated"],
  ];

  it.each(rows)("%s", async (_name, token, expected) => {
    expect(await codeOf(token)).toBe(expected);
  });

  it("tells the same text whatever was wrong before the signature", async () => {
    const texts = await Promise.all(
      rows
        .filter(([, , code]) => code === "unauthenticated")
        .map(([, token]) =>
          verifyToken({ keys, clock }, "operator", token).catch((error: Error) => error.message),
        ),
    );
    expect(new Set(texts)).toEqual(new Set(["A valid token is needed."]));
  });
});

describe("what is minted is what is verified", () => {
  const context = { signer, clock };

  it("a machine's token", async () => {
    const keyFingerprint = machineFingerprint(rawPublicKey(createPrivateKey25519()));
    const minted = await mintMachineToken(context, {
      machineId,
      machineName: "build-1",
      keyFingerprint,
      validMs: 60_000,
    });
    expect(await verifyToken({ keys, clock }, "machine", minted.token)).toEqual({
      kind: "machine",
      id: minted.id,
      keyId: "k1",
      fleet: "default",
      issuedAtMs: nowS * 1000,
      expiresAtMs: (nowS + 60) * 1000,
      machineId,
      machineName: "build-1",
      keyFingerprint,
    });
  });

  it("an operator's token", async () => {
    const minted = await mintOperatorToken(context, {
      operator: "alice",
      role: "observer",
      actor: "ai",
      machines: ["build-1"],
      limitMs: 90_000,
      validMs: 60_000,
    });
    expect(await verifyToken({ keys, clock }, "operator", minted.token)).toEqual({
      kind: "operator",
      id: minted.id,
      keyId: "k1",
      fleet: "default",
      issuedAtMs: nowS * 1000,
      expiresAtMs: (nowS + 60) * 1000,
      operator: "alice",
      role: "observer",
      actor: "ai",
      machines: ["build-1"],
      observedMachines: [],
      limitMs: 90_000,
    });
  });

  it("a session's ticket counts its issue from the operator's token", async () => {
    const minted = await mintSessionToken(context, {
      operator: "alice",
      role: "operator",
      actor: "human",
      sessionId,
      parentId: "tok_parent00",
      parentIssuedAtMs: (nowS - 500) * 1000,
      validMs: 60_000,
    });
    expect(await verifyToken({ keys, clock }, "session", minted.token)).toEqual({
      kind: "session",
      id: minted.id,
      keyId: "k1",
      fleet: "default",
      issuedAtMs: (nowS - 500) * 1000,
      expiresAtMs: (nowS + 60) * 1000,
      operator: "alice",
      role: "operator",
      actor: "human",
      sessionId,
      parentId: "tok_parent00",
      limitMs: undefined,
    });
  });

  it("and no kind passes for another", async () => {
    const minted = await mintOperatorToken(context, {
      operator: "alice",
      role: "operator",
      actor: "human",
      validMs: 60_000,
    });
    await expect(verifyToken({ keys, clock }, "session", minted.token)).rejects.toMatchObject({
      code: "unauthenticated",
    });
    await expect(verifyToken({ keys, clock }, "machine", minted.token)).rejects.toMatchObject({
      code: "unauthenticated",
    });
  });
});
