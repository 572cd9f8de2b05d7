// What an operation is given: the world outside by its ports, and what stands before the database.
import type { Clock, Random } from "@cmdop/base";
import type {
  Addresses,
  AuditLog,
  Challenges,
  EventStreams,
  Joining,
  LiveExport,
  MachineTokens,
  OidcProviders,
  Passkeys,
  Passwords,
  Sealer,
  SessionDesk,
  TotpCodes,
} from "./ports.ts";
import type { DenialLog } from "./store/audit/denial-log.ts";
import type { RequestDigest } from "./store/idempotency.ts";
import type { DevicePolls } from "./store/identity/device-grants.ts";
import type { SignInThrottle } from "./store/identity/sign-in-throttle.ts";
import type { PageMarks } from "./store/pages.ts";
import type { UnitOfWork } from "./store/unit-of-work.ts";

export interface Services {
  readonly clock: Clock;
  readonly random: Random;
  readonly unitOfWork: UnitOfWork;
  readonly pageMarks: PageMarks;
  readonly requestDigest: RequestDigest;
  readonly passwords: Passwords;
  readonly denials: DenialLog;
  readonly auditLog: AuditLog;
  readonly addresses: Addresses;
  readonly sealer: Sealer;
  readonly totpCodes: TotpCodes;
  readonly passkeys: Passkeys;
  readonly oidcProviders: OidcProviders;
  readonly signInThrottle: SignInThrottle;
  readonly devicePolls: DevicePolls;
  readonly challenges: Challenges;
  readonly machineTokens: MachineTokens;
  readonly joining: Joining;
  readonly sessionDesk: SessionDesk;
  readonly eventStreams: EventStreams;
  readonly liveExport: LiveExport;
  /** Private ranges that webhooks may reach. */
  readonly webhookRanges: readonly string[];
}
