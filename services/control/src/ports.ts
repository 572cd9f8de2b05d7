// What store and operations need of the world outside, in their words.
import type { Readable } from "node:stream";
import type { FailureCode, Random } from "@cmdop/base";
import type { Principal } from "./core/access/principal.ts";
import type { EventTopic } from "./core/events/topics.ts";

/** Hashes passwords slowly, off the main thread. */
export interface Passwords {
  hash(password: string): Promise<string>;
  /** Takes the same time when there is no hash to compare with. */
  matches(password: string, hash: string | undefined): Promise<boolean>;
}

/** The codes of authenticator apps. */
export interface TotpCodes {
  /** In base32. */
  newSecret(random: Pick<Random, "bytes">): string;
  /** The otpauth: address that an app takes. */
  url(secret: string, label: string): string;
  /** A QR code without a margin: rows of 0 (light) and 1 (dark). */
  qrRows(url: string): readonly string[];
  /** The time step whose code this is; undefined: none near now. */
  stepOf(secret: string, code: string, nowMs: number): number | undefined;
}

export interface KnownPasskey {
  readonly credentialId: string;
  /** COSE. */
  readonly publicKey: Uint8Array;
  readonly signCount: number;
}

type PasskeyResponse = Readonly<Record<string, unknown>>;

/** `challenge`: 32 or more random bytes in base64url. Responses come from a browser and hold anything. */
export interface Passkeys {
  registrationOptions(asked: {
    readonly account: { readonly id: string; readonly email: string; readonly name: string };
    readonly challenge: string;
    /** Credential ids that the account has. */
    readonly known: readonly string[];
  }): Promise<Record<string, unknown>>;
  verifyRegistration(
    response: PasskeyResponse,
    challenge: string,
  ): Promise<
    (KnownPasskey & { readonly transports: readonly string[]; readonly isBackedUp: boolean }) | undefined
  >;
  signInOptions(challenge: string): Promise<Record<string, unknown>>;
  verifySignIn(
    response: PasskeyResponse,
    challenge: string,
    known: KnownPasskey,
  ): Promise<{ readonly signCount: number } | undefined>;
}

/** This installation as an OpenID Connect provider knows it. */
export interface OidcClient {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  readonly scopes: readonly string[];
}

/** What the answer is checked against. Secrets of one sign-in. */
export interface OidcChecks {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

export interface OidcProviders {
  /** `url`: where the browser goes. */
  begin(
    client: OidcClient,
    redirectUri: string,
  ): Promise<{ readonly url: string; readonly checks: OidcChecks }>;
  /** The claims of the ID token; rejects when anything of the answer does not hold. */
  finish(
    client: OidcClient,
    callbackUrl: string,
    checks: OidcChecks,
  ): Promise<Readonly<Record<string, unknown>>>;
}

/** Keeps secrets that must be read again: providers' keys, second factors. */
export interface Sealer {
  /** `context`: what it belongs to; opened in another one it is refused. */
  seal(plaintext: string, context: string): string;
  /** Undefined: sealed by an unknown key, for another context, or changed. */
  open(sealed: string, context: string): string | undefined;
  /** Whether the newest key sealed it; otherwise it is sealed anew at the next start (store/reseal-secrets.ts). */
  isCurrent(sealed: string): boolean;
}

/** Where this control plane is reached. */
export interface Addresses {
  /** An origin. Known once it listens. */
  publicUrl(): string;
}

/** One execution of a run at a machine: where it is, and in whose name. */
export interface CommandPlace {
  readonly fleetId: string;
  readonly machineId: string;
  /** As the machine's people see who opened it. */
  readonly operator: string;
  /** The session's name: this execution alone has it. */
  readonly sessionName: string;
  /** A revocation of one of these, numbered higher than `revSeq`, ends the right to be there. */
  readonly subjects: readonly string[];
  readonly revSeq: number;
}

export interface Command {
  readonly argv?: readonly string[];
  readonly shell?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The machine ends it after this time. */
  readonly timeoutMs: number;
}

/** `offline`: it certainly did not begin. `failed`: the machine could not start it. `unknown`: nobody can tell. */
export type CommandStart =
  | { readonly kind: "started"; readonly sessionId: string }
  | { readonly kind: "offline" | "failed" | "unknown"; readonly code: FailureCode };

export type CommandOutcome =
  | {
      readonly kind: "exited";
      /** Null when a signal ended it. */
      readonly exitCode: number | null;
      readonly signal: string | null;
      readonly outputBytes: number;
    }
  | { readonly kind: "timed_out" | "closed"; readonly outputBytes: number }
  | { readonly kind: "failed" | "lost"; readonly code: FailureCode };

/** Runs commands on machines, as an operator like any other. No byte of their output passes through here. */
export interface CommandRunner {
  start(place: CommandPlace, command: Command): Promise<CommandStart>;
  /** The session that was started for this place; undefined when the machine says that there is none, or nothing. */
  find(place: CommandPlace): Promise<string | undefined>;
  /** Resolves when it has ended; `lost` when `untilMs` (wall clock) has passed and nobody could tell. */
  outcome(
    place: CommandPlace,
    sessionId: string,
    options: { readonly untilMs: number; readonly signal: AbortSignal },
  ): Promise<CommandOutcome>;
  /** SIGTERM, and SIGKILL when that does not end it. Does nothing where the machine is out of reach. */
  cancel(place: CommandPlace, sessionId: string): Promise<void>;
}

/** What a machine must sign to prove its key: each is good once, for a short time. */
export interface Challenges {
  issue(nowMs: number): { readonly nonce: string; readonly expiresAt: Date };
  /** Undefined: not one of ours, or too old. Whether it was used is in the database. */
  check(nonce: string, nowMs: number): { readonly expiresAt: Date } | undefined;
}

/** Signs what a machine shows to relays. Takes a third of a millisecond. */
export interface MachineTokens {
  readonly validMs: number;
  mint(machine: {
    readonly id: string;
    readonly name: string;
    readonly fleetId: string;
    readonly keyFingerprint: string;
    /** The newest revocation when the machine was looked at, read before it. */
    readonly revSeq: number;
  }): Promise<{ readonly token: string; readonly expiresAt: Date }>;
}

/** What a new machine is told. */
export interface Joining {
  /** Of the control plane's authority: one, or two while it is being replaced. */
  readonly pins: readonly string[];
  /** `host:port`, the preferred one first. */
  readonly relays: readonly string[];
  /** Undefined: machines trust their system's authorities. */
  readonly relayCaPin: string | undefined;
}

/** Whom a session is opened for, or a ticket is made for. */
export interface Party {
  readonly fleetId: string;
  /** As others see it. */
  readonly name: string;
  readonly accountId: string | undefined;
  readonly actor: "human" | "ai" | "program";
  /** What ends what is live with it, and up to which revocation it was checked. */
  readonly fence: { readonly subjects: readonly string[]; readonly revSeq: number };
}

export interface SessionWish {
  /** Id, name, hostname or unique prefix; undefined: the only one. */
  readonly machine: string | undefined;
  readonly machines: "*" | readonly string[];
  readonly kind: "terminal" | "command";
  readonly argv: readonly string[] | undefined;
  readonly shell: string | undefined;
  readonly cwd: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly cols: number | undefined;
  readonly rows: number | undefined;
  readonly name: string | undefined;
  readonly timeoutMs: number | undefined;
  /** The same wish again gives the same session. */
  readonly idempotencyKey: string;
}

export interface OpenedLiveSession {
  readonly sessionId: string;
  readonly machineId: string;
  readonly name: string;
}

export interface SessionTicket {
  readonly token: string;
  readonly expiresAtMs: number;
}

/** Sessions at the relay, and the tickets by which one is attached to. */
export interface SessionDesk {
  /** Where a ticket is presented. */
  readonly relays: readonly string[];
  readonly relayCaPin: string | undefined;
  /** Fails as the relay does, and with `unavailable` where none answers. */
  open(party: Party, wish: SessionWish): Promise<OpenedLiveSession>;
  ticket(
    party: Party,
    wanted: { readonly sessionId: string; readonly role: "operator" | "observer"; readonly validMs: number },
  ): Promise<SessionTicket>;
}

/** The audit log's signed checkpoints. */
export interface AuditLog {
  /** Its public key, one line (C2SP signed-note). */
  readonly verifierKey: string;
  /** Signs what is there now, unless it is signed. */
  sign(): Promise<void>;
}

/** Who wants to hear of what in a fleet. */
export interface Watcher {
  readonly principal: Principal;
  readonly fleetId: string;
  /** Undefined: all that they may. */
  readonly topics: readonly EventTopic[] | undefined;
  /** The last event that they heard; undefined: they begin. */
  readonly after: string | undefined;
}

export interface EventStreams {
  /** `limit_reached` when the credential has too many. */
  open(watcher: Watcher): Readable;
}

export interface FileDigest {
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** A sealed file while it is written. It is there whole, or not at all. */
export interface SealedFileDraft {
  write(text: string): Promise<void>;
  /** Safe on the disk under its name, with a file beside it that sha256sum can check. */
  commit(): Promise<void>;
  /** Of what was written. */
  digest(): FileDigest;
  /** After a commit it does nothing. */
  discard(): Promise<void>;
}

/** The directory of the audit log's sealed files. */
export interface SealedFiles {
  /** The oldest entries first: a name sorts by its first entry. */
  list(): Promise<readonly string[]>;
  begin(name: string): Promise<SealedFileDraft>;
  /** Undefined: it is not there. */
  digest(name: string): Promise<FileDigest | undefined>;
}

/** A file of lines that grows, and is put aside when it is full. One process has it. */
export interface GrowingFile {
  readonly bytes: number;
  /** The last whole lines, the newest first; a line that a crash tore is gone. Those of what was put aside when it is empty. */
  tail(): Promise<readonly string[]>;
  /** Safe on the disk, all of it or nothing. */
  append(text: string): Promise<void>;
  /** Puts it aside as `<name>.<mark>` and goes on with a file that begins with `first`. */
  rotate(mark: string, first: string): Promise<void>;
  close(): Promise<void>;
}

/** Posts one delivery of a webhook. */
export type WebhookPost = (delivery: {
  readonly url: string;
  readonly id: string;
  readonly body: string;
  readonly secret: string;
  readonly timestampS: number;
  readonly signal: AbortSignal;
}) => Promise<
  { readonly kind: "answered"; readonly status: number } | { readonly kind: "failed"; readonly error: string }
>;

/** What every operation may use. */
/** Everything in the database as lines, one consistent state; `conflict` while another one runs. */
export type LiveExport = () => AsyncGenerator<Buffer>;
