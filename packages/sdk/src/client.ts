import type { Clock, Random } from "@cmdop/base";
import type { Attachment, AttachOptions } from "./attachment.ts";
import type { Machine } from "./machine.ts";
import type { RunOptions, RunResult } from "./run.ts";
import type { Role, SessionInfo, Ticket } from "./session.ts";
import type { StartOptions } from "./start-options.ts";

/** What every call takes. */
export interface CallOptions {
  /** Aborting stops waiting; it does not undo. */
  readonly signal?: AbortSignal;
  /** Default 30,000 ms. */
  readonly timeoutMs?: number;
}

export interface ClientOptions {
  /** "host:port"; several are tried in turn. */
  readonly relay: string | readonly string[];
  /** An operator token. */
  readonly token?: string;
  /** Asked for each new connection instead of `token`. */
  readonly getToken?: () => string | Promise<string>;
  /** The fleet that is meant, by id or slug; needed where the token reaches several. */
  readonly fleet?: string;
  /**
   * What the relay's certificate must descend from: the fingerprint of its CA ("sha256:…", as `cmdop relay
   * fingerprint` prints it) or the CA itself. Default: the system's CAs.
   */
  readonly ca?: { readonly pin: string } | { readonly pem: string };
  /** Speaks without TLS, to a loopback address alone. For tests. */
  readonly allowPlaintextLoopback?: boolean;
  readonly clock?: Clock;
  readonly random?: Random;
}

export interface OpenedSession {
  readonly session: SessionInfo;
  readonly ticket: Ticket;
}

/** What `attach` takes: an id, exact name or unique prefix; a listed session; a fresh one; or a bare ticket. */
export type SessionReference = string | SessionInfo | OpenedSession | Ticket;

/** The way to a relay. Every method rejects with a Failure, or with the reason of an aborted signal. */
export interface Client extends AsyncDisposable {
  readonly machines: { list(options?: CallOptions): Promise<readonly Machine[]> };
  readonly sessions: {
    /** `ended`: also those that have ended and are still in a machine's log. */
    list(
      options?: CallOptions & { readonly ended?: boolean; readonly machine?: string },
    ): Promise<readonly SessionInfo[]>;
    /** One session by id, exact name or unique prefix. */
    get(session: string, options?: CallOptions): Promise<SessionInfo>;
  };
  /** Starts an execution without attaching to it. */
  open(options: StartOptions): Promise<OpenedSession>;
  /** Starts an execution and attaches from its first byte. */
  start(options: StartOptions, attach?: AttachOptions): Promise<Attachment>;
  /** Runs a command to its end and collects its output. A non-zero exit is data, not an error. */
  run(options: RunOptions): Promise<RunResult>;
  attach(session: SessionReference, options?: AttachOptions): Promise<Attachment>;
  /** Ends the execution: SIGHUP, then SIGKILL after the grace. `forget`: removes an ended session's log. */
  close(
    session: string,
    options?: CallOptions & { readonly forget?: boolean; readonly graceMs?: number },
  ): Promise<SessionInfo>;
  /** The right to attach to one session, at most as wide as this client's token. `validMs`: bounded by the relay. */
  ticket(session: string, role: Role, options?: CallOptions & { readonly validMs?: number }): Promise<Ticket>;
  /** Detaches everything and closes the connections. Ends no execution. */
  dispose(): Promise<void>;
}
