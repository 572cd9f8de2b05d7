// A machine that speaks to the control plane's HTTP API as an agent does, with a key of its own.
import { createHash, createPublicKey, type KeyObject, randomBytes } from "node:crypto";
import {
  type ControlProofPurpose,
  createPrivateKey25519,
  machineFingerprint,
  parseJoinString,
  rawPublicKey,
  signControlProof,
} from "@cmdop/authority";
import type { ControlFixture, TestAnswer } from "./control-fixture.ts";

export class TestMachine {
  readonly hostname: string;
  readonly #fixture: ControlFixture;
  key: KeyObject;
  mark = newMark();

  constructor(fixture: ControlFixture, hostname: string, key = createPrivateKey25519()) {
    this.#fixture = fixture;
    this.hostname = hostname;
    this.key = key;
  }

  get publicKey(): string {
    return publicKeyOf(this.key);
  }

  get fingerprint(): string {
    return machineFingerprint(rawPublicKey(createPublicKey(this.key)));
  }

  async challenge(): Promise<string> {
    return (await this.#fixture.ask("POST", "/v1/join/challenge")).body.nonce;
  }

  sign(purpose: ControlProofPurpose, nonce: string, parts: readonly string[], key = this.key): string {
    return Buffer.from(signControlProof(key, { purpose, nonce, parts })).toString("base64url");
  }

  async join(joinString: string, more: Readonly<Record<string, unknown>> = {}): Promise<TestAnswer> {
    return this.#fixture.ask("POST", "/v1/join", { body: { ...(await this.joinBody(joinString)), ...more } });
  }

  async joinBody(joinString: string): Promise<Record<string, unknown>> {
    const token = parseJoinString(joinString)?.token ?? "";
    const nonce = await this.challenge();
    const tokenHash = createHash("sha256").update(token).digest("base64url");
    return {
      token,
      publicKey: this.publicKey,
      nonce,
      mark: this.mark,
      signature: this.sign("join", nonce, [tokenHash, this.mark]),
      hostname: this.hostname,
    };
  }

  /** Asks for the next token, as an agent does: the new mark is kept whatever the answer. */
  async renew(marks = { mark: this.mark, nextMark: newMark() }, key = this.key): Promise<TestAnswer> {
    return this.#fixture.ask("POST", "/v1/machines/token", { body: await this.renewBody(marks, key) });
  }

  async renewBody(
    marks = { mark: this.mark, nextMark: newMark() },
    key = this.key,
  ): Promise<Record<string, unknown>> {
    const nonce = await this.challenge();
    this.mark = marks.nextMark;
    return {
      publicKey: publicKeyOf(key),
      nonce,
      ...marks,
      signature: this.sign("token", nonce, [marks.mark, marks.nextMark], key),
    };
  }

  async propose(newKey: KeyObject): Promise<TestAnswer> {
    return this.#fixture.ask("POST", "/v1/machines/rotation", { body: await this.proposeBody(newKey) });
  }

  async proposeBody(newKey: KeyObject): Promise<Record<string, unknown>> {
    const nonce = await this.challenge();
    const parts = [this.publicKey, publicKeyOf(newKey)];
    return {
      publicKey: this.publicKey,
      newPublicKey: publicKeyOf(newKey),
      nonce,
      signature: this.sign("rotation", nonce, parts),
      newSignature: this.sign("rotation", nonce, parts, newKey),
    };
  }
}

const publicKeyOf = (key: KeyObject): string =>
  Buffer.from(rawPublicKey(createPublicKey(key))).toString("base64url");

const newMark = (): string => randomBytes(16).toString("base64url");
