// A passkey in software: what a browser and its authenticator would answer (W3C Web Authentication, level 3), with
// ES256 keys and attestation "none".
import { createHash, createPrivateKey, createSign, generateKeyPairSync, randomBytes } from "node:crypto";

export interface PasskeyOptions {
  readonly challenge: string;
  readonly [more: string]: unknown;
}

const userPresent = 0x01;
const userVerified = 0x04;
const hasCredential = 0x40;

export class SoftwareAuthenticator {
  readonly #origin: string;
  readonly #host: string;
  readonly #id = randomBytes(32);
  readonly #keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
  #count = 0;

  constructor(origin: string) {
    this.#origin = origin;
    this.#host = new URL(origin).hostname;
  }

  /** As after a copy was made: the count goes on from `uses` before. */
  rewind(uses = this.#count): void {
    this.#count -= uses;
  }

  /** RegistrationResponseJSON. */
  register(options: PasskeyOptions): Record<string, unknown> {
    const { x = "", y = "" } = this.#keys.publicKey.export({ format: "jwk" });
    const publicKey = cborMap([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, Buffer.from(x, "base64url")],
      [-3, Buffer.from(y, "base64url")],
    ]);
    const length = Buffer.alloc(2);
    length.writeUInt16BE(this.#id.length);
    const credential = Buffer.concat([Buffer.alloc(16), length, this.#id, publicKey]);
    const authenticatorData = Buffer.concat([this.#data(hasCredential), credential]);
    const attestationObject = cborMap([
      ["fmt", "none"],
      ["attStmt", new Map<string, string>()],
      ["authData", authenticatorData],
    ]);
    return this.#answer({
      clientDataJSON: this.#clientData("webauthn.create", options).toString("base64url"),
      attestationObject: attestationObject.toString("base64url"),
      transports: ["internal"],
    });
  }

  /** AuthenticationResponseJSON. `isVerified` false: nobody gave a finger or a PIN. */
  signIn(options: PasskeyOptions, { isVerified = true } = {}): Record<string, unknown> {
    const clientData = this.#clientData("webauthn.get", options);
    const authenticatorData = this.#data(0, isVerified);
    const signature = createSign("sha256")
      .update(authenticatorData)
      .update(sha256(clientData))
      .sign(createPrivateKey(this.#keys.privateKey.export({ type: "pkcs8", format: "pem" })));
    return this.#answer({
      clientDataJSON: clientData.toString("base64url"),
      authenticatorData: authenticatorData.toString("base64url"),
      signature: signature.toString("base64url"),
    });
  }

  #answer(response: Record<string, unknown>): Record<string, unknown> {
    const id = this.#id.toString("base64url");
    return { id, rawId: id, type: "public-key", clientExtensionResults: {}, response };
  }

  #clientData(type: string, { challenge }: PasskeyOptions): Buffer {
    return Buffer.from(JSON.stringify({ type, challenge, origin: this.#origin, crossOrigin: false }));
  }

  #data(more: number, isVerified = true): Buffer {
    const tail = Buffer.alloc(5);
    tail.writeUInt8(userPresent | (isVerified ? userVerified : 0) | more);
    this.#count += 1;
    tail.writeUInt32BE(this.#count, 1);
    return Buffer.concat([sha256(Buffer.from(this.#host)), tail]);
  }
}

const sha256 = (bytes: Buffer): Buffer => createHash("sha256").update(bytes).digest();

type Cbor = number | string | Buffer | ReadonlyMap<string, string>;

/** What of RFC 8949 is needed here: maps of small integers, texts, byte strings. */
const cborMap = (entries: readonly (readonly [Cbor, Cbor])[]): Buffer =>
  Buffer.concat([cborHead(5, entries.length), ...entries.flat().map(cborValue)]);

const cborValue = (value: Cbor): Buffer => {
  if (typeof value === "number") return value < 0 ? cborHead(1, -1 - value) : cborHead(0, value);
  if (typeof value === "string") return Buffer.concat([cborHead(3, value.length), Buffer.from(value)]);
  if (Buffer.isBuffer(value)) return Buffer.concat([cborHead(2, value.length), value]);
  return cborMap([]);
};

const cborHead = (major: number, length: number): Buffer => {
  if (length < 24) return Buffer.from([(major << 5) | length]);
  if (length < 256) return Buffer.from([(major << 5) | 24, length]);
  return Buffer.from([(major << 5) | 25, length >> 8, length & 255]);
};
