// The one table of failures. Every refusal that a peer, a person or a program sees has a row here; each edge
// maps it with the columns below, and docs/reference/failures.md is generated from it.

/** Status names as in the gRPC specification (https://grpc.io/docs/guides/status-codes/). */
export type GrpcStatusName =
  | "CANCELLED"
  | "UNKNOWN"
  | "INVALID_ARGUMENT"
  | "DEADLINE_EXCEEDED"
  | "NOT_FOUND"
  | "ALREADY_EXISTS"
  | "PERMISSION_DENIED"
  | "RESOURCE_EXHAUSTED"
  | "FAILED_PRECONDITION"
  | "ABORTED"
  | "OUT_OF_RANGE"
  | "UNIMPLEMENTED"
  | "INTERNAL"
  | "UNAVAILABLE"
  | "DATA_LOSS"
  | "UNAUTHENTICATED";

export interface FailureRow {
  readonly grpc: GrpcStatusName;
  readonly http: number;
  /** Whether the same request may succeed later without a change by the caller. */
  readonly retryable: boolean;
  /** What a peer is told when nothing more exact is known. Never holds a secret. */
  readonly text: string;
  /** What the reader can do; stands in the failure reference. */
  readonly remedy: string;
}

const row = (
  grpc: GrpcStatusName,
  http: number,
  retryable: boolean,
  text: string,
  remedy: string,
): FailureRow => ({ grpc, http, retryable, text, remedy });

export const failureTable = {
  // What was sent
  malformed_message: row(
    "INVALID_ARGUMENT",
    400,
    false,
    "The message could not be decoded.",
    "Send a message of the published contract (docs/reference/protocol.md).",
  ),
  invalid_argument: row(
    "INVALID_ARGUMENT",
    400,
    false,
    "A field has a value that is not allowed.",
    "The text names the field and what it takes.",
  ),
  unexpected_message: row(
    "FAILED_PRECONDITION",
    400,
    false,
    "This message is not allowed at this point of the stream.",
    "Follow the order of messages in docs/reference/protocol.md.",
  ),
  message_too_large: row(
    "RESOURCE_EXHAUSTED",
    413,
    false,
    "The message is larger than the limit.",
    "Split it; the limit is in docs/reference/protocol.md.",
  ),
  truncated_message: row(
    "INTERNAL",
    400,
    false,
    "The stream ended inside a message.",
    "The connection was cut; dial again.",
  ),
  offset_in_future: row(
    "OUT_OF_RANGE",
    416,
    false,
    "The offset lies beyond the end of the session's output.",
    "Attach with an offset that was received, or without one.",
  ),
  not_found: row(
    "NOT_FOUND",
    404,
    false,
    "There is no such thing, or it is not yours to see.",
    "Check the id and the fleet; list what there is.",
  ),
  method_not_allowed: row(
    "UNIMPLEMENTED",
    405,
    false,
    "This address takes other methods.",
    "The Allow header names them.",
  ),
  unsupported_media_type: row(
    "INVALID_ARGUMENT",
    415,
    false,
    "The body's media type is not taken here.",
    "Send application/json.",
  ),
  conflict: row(
    "ALREADY_EXISTS",
    409,
    false,
    "This does not go together with what there is.",
    "The text names what stands in the way.",
  ),
  name_taken: row("ALREADY_EXISTS", 409, false, "The name is taken.", "Choose another."),
  precondition_failed: row(
    "ABORTED",
    412,
    false,
    "It has changed since it was read.",
    "Read it again, then send the change with its new ETag in If-Match.",
  ),
  precondition_required: row(
    "FAILED_PRECONDITION",
    428,
    false,
    "A change names the version that it changes.",
    "Send the ETag that was read in If-Match.",
  ),
  idempotency_key_reused: row(
    "FAILED_PRECONDITION",
    422,
    false,
    "This Idempotency-Key was used for another request.",
    "Make a new key for each new request.",
  ),
  secret_not_recoverable: row(
    "ALREADY_EXISTS",
    409,
    false,
    "This was made by an earlier request with the same Idempotency-Key; its secret is shown once only.",
    "Revoke it and make another one.",
  ),
  gone: row("NOT_FOUND", 410, false, "It was used, taken back or has run out.", "Ask for a new one."),
  limit_reached: row(
    "RESOURCE_EXHAUSTED",
    409,
    false,
    "There are as many of these as may be.",
    "Remove one that is not needed; the text names the limit.",
  ),
  schedule_invalid: row(
    "INVALID_ARGUMENT",
    422,
    false,
    "The schedule cannot be kept as it is written.",
    "`errors` points to each field; a local time that is skipped or comes twice has `candidates` to choose from.",
  ),
  last_owner: row(
    "FAILED_PRECONDITION",
    409,
    false,
    "The last owner stays.",
    "Make somebody else an owner first.",
  ),
  unimplemented: row(
    "UNIMPLEMENTED",
    404,
    false,
    "There is no such method.",
    "Check the versions of both sides.",
  ),
  // Who sent it
  unauthenticated: row(
    "UNAUTHENTICATED",
    401,
    false,
    "A valid token is needed.",
    "Pass a token of the right kind.",
  ),
  token_expired: row(
    "UNAUTHENTICATED",
    401,
    false,
    "The token has expired.",
    "Get a new token; with a key-set file: cmdop token mint.",
  ),
  token_revoked: row(
    "UNAUTHENTICATED",
    401,
    false,
    "The token was revoked.",
    "Ask who revoked it for a new one.",
  ),
  token_limit_reached: row(
    "UNAUTHENTICATED",
    401,
    false,
    "The time that the token allows for a live stream is over.",
    "Get a new token and attach again.",
  ),
  identity_unproven: row(
    "UNAUTHENTICATED",
    401,
    false,
    "The machine did not prove its key.",
    "Mint the machine's token for the key that the machine has: cmdop machine key.",
  ),
  permission_denied: row(
    "PERMISSION_DENIED",
    403,
    false,
    "The token does not allow this.",
    "Ask for a token with the role that is needed.",
  ),
  fleet_required: row(
    "FAILED_PRECONDITION",
    409,
    false,
    "The token reaches several fleets and the request names none.",
    "Name the fleet: cmdop --fleet, or the header x-cmdop-fleet.",
  ),
  fresh_sign_in_needed: row(
    "PERMISSION_DENIED",
    403,
    false,
    "This needs a sign-in that is not older than 15 minutes.",
    "Sign in again, then repeat it; for programs: a credential with the scope that the text names.",
  ),
  mfa_needed: row(
    "PERMISSION_DENIED",
    403,
    false,
    "This fleet takes nobody without a second factor.",
    "Add one to your account (an authenticator app or a passkey), then sign in with it.",
  ),
  sign_in_failed: row(
    "UNAUTHENTICATED",
    401,
    false,
    "This is not what the account signs in with.",
    "Check the address and what was typed; whoever owns the installation can give a reset code.",
  ),
  // A terminal's login (RFC 6749, RFC 8628)
  authorization_pending: row(
    "FAILED_PRECONDITION",
    400,
    true,
    "Nobody has approved this login yet.",
    "Ask again after the interval.",
  ),
  slow_down: row(
    "RESOURCE_EXHAUSTED",
    400,
    true,
    "This was asked too early.",
    "From now on wait five seconds longer between two questions.",
  ),
  access_denied: row("PERMISSION_DENIED", 400, false, "The login was refused.", "Begin anew: cmdop login."),
  expired_token: row(
    "FAILED_PRECONDITION",
    400,
    false,
    "The login was not approved in time.",
    "Begin anew: cmdop login.",
  ),
  invalid_grant: row(
    "FAILED_PRECONDITION",
    400,
    false,
    "The code is not one, was used, or has run out.",
    "Begin anew: cmdop login.",
  ),
  invalid_client: row("UNAUTHENTICATED", 400, false, "There is no such client.", "Use client_id cmdop-cli."),
  unsupported_grant_type: row(
    "UNIMPLEMENTED",
    400,
    false,
    "Tokens are not given for this.",
    "Use authorization_code or urn:ietf:params:oauth:grant-type:device_code.",
  ),
  origin_not_allowed: row(
    "PERMISSION_DENIED",
    403,
    false,
    "The page's origin is not on the relay's list.",
    "Add the origin to CMDOP_RELAY_ORIGINS.",
  ),
  // What it was about
  session_not_found: row(
    "NOT_FOUND",
    404,
    false,
    "There is no such session that this token may see.",
    "List the sessions: cmdop sessions.",
  ),
  machine_not_found: row(
    "NOT_FOUND",
    404,
    false,
    "There is no such machine that this token may see.",
    "List the machines: cmdop machines.",
  ),
  machine_locked: row(
    "PERMISSION_DENIED",
    403,
    false,
    "This machine's key is in use at two places, so it was locked: its disk was copied, or put back from a copy.",
    "Find out which is the right one, enable it with cmdop machines enable, and let the other join anew: cmdop join.",
  ),
  ambiguous_name: row(
    "FAILED_PRECONDITION",
    409,
    false,
    "The name fits more than one.",
    "Use one of the candidates that the text names.",
  ),
  session_ended: row(
    "FAILED_PRECONDITION",
    409,
    false,
    "The session has ended.",
    "Its output can still be read: cmdop read.",
  ),
  machine_offline: row(
    "UNAVAILABLE",
    503,
    true,
    "The machine is not linked to the relay now.",
    "Start its agent (cmdop up) or wait for it.",
  ),
  session_unreachable: row(
    "UNAVAILABLE",
    503,
    true,
    "The session's machine is away; the execution lives on there.",
    "Wait; the attachment comes back by itself.",
  ),
  superseded: row(
    "ABORTED",
    409,
    false,
    "A newer connection of the same machine took over.",
    "If two machines share an identity, give one its own key.",
  ),
  // Input
  lease_held: row(
    "ABORTED",
    409,
    true,
    "Somebody else holds the write lease.",
    "Wait until it is handed back, or take over.",
  ),
  input_stale: row(
    "ABORTED",
    409,
    true,
    "The write lease changed hands while this was typed.",
    "Look at the screen and type it again.",
  ),
  input_closed: row(
    "FAILED_PRECONDITION",
    409,
    false,
    "The execution's input is closed.",
    "Start the execution with its input open, and write before ending it.",
  ),
  input_dropped: row(
    "ABORTED",
    409,
    true,
    "The input was too old when the connection was back and was not applied.",
    "Look at the screen and type it again.",
  ),
  input_backlog: row(
    "RESOURCE_EXHAUSTED",
    429,
    true,
    "Too much input waits to be applied.",
    "Wait until the earlier input was applied.",
  ),
  output_discontinuity: row(
    "INTERNAL",
    502,
    true,
    "Output was skipped or doubled without being declared.",
    "Attach again from the last offset; if it repeats, report it with both versions.",
  ),
  // Limits
  too_many_attachments: row(
    "RESOURCE_EXHAUSTED",
    429,
    true,
    "The session has as many attachments as it may have.",
    "Detach one, or raise the relay's limit.",
  ),
  too_many_sessions: row(
    "RESOURCE_EXHAUSTED",
    429,
    true,
    "The machine holds as many sessions as it may hold.",
    "Close one, or raise the limit.",
  ),
  too_many_links: row(
    "RESOURCE_EXHAUSTED",
    429,
    true,
    "The relay holds as many machines as it may hold.",
    "Use another relay, or raise the limit.",
  ),
  too_many_connections: row(
    "RESOURCE_EXHAUSTED",
    429,
    true,
    "The relay holds as many connections as it may hold.",
    "Try again, use another relay, or raise the limit.",
  ),
  too_many_unknown_tokens: row(
    "RESOURCE_EXHAUSTED",
    429,
    true,
    "Too many tokens that nobody knows came from this address.",
    "Check which token is sent; after the time that the answer names, one is looked at again.",
  ),
  rate_limited: row(
    "RESOURCE_EXHAUSTED",
    429,
    true,
    "Too many requests.",
    "Try again after the time that the answer names.",
  ),
  unauthenticated_budget: row(
    "RESOURCE_EXHAUSTED",
    429,
    true,
    "Too much was sent before authentication.",
    "Authenticate in the first message.",
  ),
  slow_consumer: row(
    "RESOURCE_EXHAUSTED",
    429,
    true,
    "The receiver was too slow for too long.",
    "Attach again; a terminal continues with a snapshot.",
  ),
  // Where it ran
  spawn_failed: row(
    "FAILED_PRECONDITION",
    422,
    false,
    "The execution could not be started.",
    "The text says why: a missing program, directory or right.",
  ),
  command_not_found: row(
    "FAILED_PRECONDITION",
    422,
    false,
    "There is no such program on the machine.",
    "Check the name and the machine's PATH.",
  ),
  command_not_executable: row(
    "FAILED_PRECONDITION",
    422,
    false,
    "The program cannot be executed.",
    "Check its mode and its format.",
  ),
  disk_full: row(
    "RESOURCE_EXHAUSTED",
    507,
    true,
    "There is no space for it on the machine.",
    "Free space; the session lives on, and output that could not be stored is a declared gap.",
  ),
  log_corrupt: row(
    "FAILED_PRECONDITION",
    500,
    false,
    "A part of the output log did not survive.",
    "The good part is served and the rest is a declared gap.",
  ),
  audit_archived: row(
    "NOT_FOUND",
    410,
    false,
    "That part of the audit log was archived.",
    "Ask the archive for it; docs/reference/audit-log.md says how it is verified.",
  ),
  host_unavailable: row(
    "UNAVAILABLE",
    503,
    true,
    "The machine's session host does not answer.",
    "See the agent's log on the machine.",
  ),
  // The service
  draining: row(
    "UNAVAILABLE",
    503,
    true,
    "The relay is moving its connections elsewhere.",
    "Dial again; clients do so by themselves.",
  ),
  unavailable: row("UNAVAILABLE", 503, true, "The service cannot answer now.", "Try again."),
  authority_unavailable: row(
    "UNAVAILABLE",
    503,
    true,
    "Whether the token is good cannot be found out now: the control plane does not answer.",
    "Wait for it; what is attached goes on, and tokens that were used lately stay good for a while.",
  ),
  log_compacted: row(
    "OUT_OF_RANGE",
    410,
    false,
    "A part of the log that was asked for is not kept any more.",
    "Start anew from what the answer names.",
  ),
  outbox_full: row(
    "RESOURCE_EXHAUSTED",
    507,
    true,
    "Events wait for the control plane and there is no room for more.",
    "Bring the control plane back; what could not be kept is counted and told to it.",
  ),
  untrusted_control: row(
    "UNAUTHENTICATED",
    495,
    false,
    "The control plane's certificate is not the one that was pinned.",
    "Compare the pin with the control plane's own.",
  ),
  connection_lost: row(
    "UNAVAILABLE",
    503,
    true,
    "The connection was lost.",
    "Clients dial again by themselves.",
  ),
  untrusted_relay: row(
    "UNAUTHENTICATED",
    495,
    false,
    "The relay's certificate is not the one that was pinned.",
    "Compare the fingerprint with `cmdop relay fingerprint` on the relay.",
  ),
  plaintext_refused: row(
    "FAILED_PRECONDITION",
    400,
    false,
    "Connections without TLS are refused.",
    "Use TLS; on loopback alone an explicit flag allows plaintext.",
  ),
  timed_out: row(
    "DEADLINE_EXCEEDED",
    504,
    true,
    "It was not done in time.",
    "Try again, or allow more time.",
  ),
  cancelled: row("CANCELLED", 499, false, "The caller went away.", "Nothing to do."),
  internal: row(
    "INTERNAL",
    500,
    false,
    "Something went wrong inside.",
    "See the service's log with the request's id.",
  ),
  // The control plane's database
  storage_unavailable: row(
    "UNAVAILABLE",
    503,
    true,
    "The database cannot be reached now.",
    "Try again; see the control plane's log for the cause. Live sessions go on.",
  ),
  storage_busy: row(
    "RESOURCE_EXHAUSTED",
    503,
    true,
    "The database has more waiting requests than it may have.",
    "Try again after a moment.",
  ),
  storage_full: row(
    "RESOURCE_EXHAUSTED",
    507,
    true,
    "The database's disk is full: nothing can be written, reading goes on.",
    "Free space where the database lies; writing goes on by itself.",
  ),
  storage_conflict: row(
    "ABORTED",
    409,
    true,
    "Another change came between; nothing was written.",
    "Try again.",
  ),
  storage_incompatible: row(
    "FAILED_PRECONDITION",
    500,
    false,
    "This version of the control plane does not fit the database.",
    "The text says what differs; run the version that wrote it, or a newer one.",
  ),
  // The machine in front of you
  port_in_use: row(
    "FAILED_PRECONDITION",
    500,
    false,
    "The port is in use.",
    "Stop what uses it or choose another with the variable that the text names.",
  ),
  directory_unwritable: row(
    "FAILED_PRECONDITION",
    500,
    false,
    "The data directory cannot be written.",
    "Check its owner, its mode and the space there, or choose another with CMDOP_HOME.",
  ),
  already_running: row("ALREADY_EXISTS", 409, false, "It is running already.", "Use it, or stop it first."),
  not_configured: row(
    "FAILED_PRECONDITION",
    400,
    false,
    "Something that is needed is not configured.",
    "Set what the text names, and start it again. cmdop relay init makes a relay's files.",
  ),
} as const satisfies Record<string, FailureRow>;

export type FailureCode = keyof typeof failureTable;

export const isFailureCode = (value: string): value is FailureCode => Object.hasOwn(failureTable, value);

/**
 * An expected failure that may cross an edge: its text is public. What is not public goes into `cause`, which
 * is logged and never sent.
 */
export class Failure extends Error {
  readonly code: FailureCode;
  /** Milliseconds after which a retry makes sense. */
  readonly retryAfterMs: number | undefined;
  /** More for programs, public as the text is: fields that are wrong, candidates, what stands in the way. */
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(
    code: FailureCode,
    text?: string,
    options: {
      readonly retryAfterMs?: number;
      readonly details?: Readonly<Record<string, unknown>>;
      readonly cause?: unknown;
    } = {},
  ) {
    super(text ?? failureTable[code].text, options.cause === undefined ? {} : { cause: options.cause });
    this.name = "Failure";
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
    this.details = options.details;
  }

  get row(): FailureRow {
    return failureTable[this.code];
  }
}

/** The failure that a peer may see for any cause: unknown causes become `internal` and are never shown. */
export const toFailure = (cause: unknown): Failure =>
  cause instanceof Failure ? cause : new Failure("internal", undefined, { cause });
