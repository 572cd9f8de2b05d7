import { describe, expect, it } from "vitest";
import { isControlProof, signControlProof } from "./control-proof.ts";
import { rawPublicKey } from "./fingerprint.ts";
import { parseJoinString, toJoinString } from "./join-string.ts";
import { mintOpaqueToken } from "./opaque-token.ts";
import { createPrivateKey25519 } from "./private-key.ts";

const pin = (letter: string): string => `sha256:${letter.repeat(43)}`;

describe("join strings", () => {
  it("come back with their one or two pins and their token", () => {
    const { token } = mintOpaqueToken("jon");
    for (const pins of [[pin("A")], [pin("A"), pin("B")]]) {
      const text = toJoinString({ pins, token });
      expect(parseJoinString(`${text}\n`)).toEqual({ pins, token });
    }
  });

  it("are refused with a wrong letter, another kind of token, or no pin", () => {
    const { token } = mintOpaqueToken("jon");
    const text = toJoinString({ pins: [pin("A")], token });
    const other = toJoinString({ pins: [pin("A")], token: mintOpaqueToken("api").token });
    const mistyped = text.slice(0, -1) + (text.endsWith("x") ? "y" : "x");
    for (const wrong of ["", token, `cmdopjoin1.${token}`, other, mistyped, text.replace("1.", "2.")]) {
      expect(parseJoinString(wrong)).toBeUndefined();
    }
  });
});

describe("proofs for the control plane", () => {
  it("hold for their purpose, nonce and parts alone", () => {
    const key = createPrivateKey25519();
    const text = { purpose: "join", nonce: "n1", parts: ["a", "b"] } as const;
    const proof = { ...text, publicKey: rawPublicKey(key), signature: signControlProof(key, text) };
    expect(isControlProof(proof)).toBe(true);
    expect(isControlProof({ ...proof, purpose: "token" })).toBe(false);
    expect(isControlProof({ ...proof, nonce: "n2" })).toBe(false);
    expect(isControlProof({ ...proof, parts: ["a", "c"] })).toBe(false);
    expect(isControlProof({ ...proof, parts: ["a\0b"] })).toBe(false);
    expect(isControlProof({ ...proof, publicKey: rawPublicKey(createPrivateKey25519()) })).toBe(false);
  });
});
