// What the operations need of the world outside, in their words.
import type { Clock, Random } from "@cmdop/base";
import type { DenialLog } from "./store/denial-log.ts";
import type { PageMarks } from "./store/pages.ts";
import type { UnitOfWork } from "./store/unit-of-work.ts";

/** Hashes passwords slowly, off the main thread. */
export interface Passwords {
  hash(password: string): Promise<string>;
  /** Takes the same time when there is no hash to compare with. */
  matches(password: string, hash: string | undefined): Promise<boolean>;
}

/** Keeps secrets that must be read again: providers' keys, second factors. */
export interface Sealer {
  /** `context`: what it belongs to; opened in another one it is refused. */
  seal(plaintext: string, context: string): string;
  /** Undefined: sealed by an unknown key, for another context, or changed. */
  open(sealed: string, context: string): string | undefined;
  /** Whether the newest key sealed it; otherwise it is sealed anew when it is next written. */
  isCurrent(sealed: string): boolean;
}

/** Where this control plane is reached. */
export interface Addresses {
  /** An origin. Known once it listens. */
  publicUrl(): string;
}

/** What every operation may use. */
export interface Services {
  readonly clock: Clock;
  readonly random: Random;
  readonly unitOfWork: UnitOfWork;
  readonly pageMarks: PageMarks;
  readonly passwords: Passwords;
  readonly denials: DenialLog;
  readonly addresses: Addresses;
  readonly sealer: Sealer;
}
