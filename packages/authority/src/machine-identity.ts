import type { KeyObject } from "node:crypto";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { machineFingerprint, rawPublicKey } from "./fingerprint.ts";
import { openPrivateKey } from "./private-key.ts";
import { isThere } from "./server-tls.ts";

/**
 * A machine's key, and the next one while it is being replaced. The next one lies on disk before the control plane
 * hears of it, and the old one until the new one got a token: whoever dies in between goes on where it was.
 */
export class MachineIdentity {
  readonly #file: string;
  readonly #nextFile: string;
  readonly isNew: boolean;
  #key: KeyObject;

  private constructor(directory: string, key: KeyObject, isNew: boolean) {
    this.#file = join(directory, "identity.key");
    this.#nextFile = join(directory, "identity.next.key");
    this.#key = key;
    this.isNew = isNew;
  }

  static async open(directory: string): Promise<MachineIdentity> {
    const { key, isNew } = await openPrivateKey(join(directory, "identity.key"));
    return new MachineIdentity(directory, key, isNew);
  }

  get key(): KeyObject {
    return this.#key;
  }

  get fingerprint(): string {
    return machineFingerprint(rawPublicKey(this.#key));
  }

  /** Whether a next key was made and has not taken over. */
  isRotating(): Promise<boolean> {
    return isThere(this.#nextFile);
  }

  /** The next key; made when there is none. */
  async openNext(): Promise<KeyObject> {
    return (await openPrivateKey(this.#nextFile)).key;
  }

  /** The next key is the key from now on. */
  async takeNext(): Promise<void> {
    const next = await this.openNext();
    await rename(this.#nextFile, this.#file);
    this.#key = next;
  }
}
