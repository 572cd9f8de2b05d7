// Who asks, as the decision needs it. Built from a credential at each request; holds no secret.
import type { FleetRight, InstallationRight, Right } from "./rights.ts";

export type CredentialKind = "ses" | "cli" | "api" | "svc";

/** What limits a credential below its bearer's own rights. */
export interface Credential {
  readonly id: string;
  readonly kind: CredentialKind;
  /** The first 16 hexadecimal digits of its hash: the same in lists, audit and edge logs. */
  readonly fingerprint: string;
  readonly scopes: "*" | readonly Right[];
  readonly fleets: "*" | readonly string[];
  /** When somebody last proved who they are for it (password, passkey, OIDC); undefined: never, or a program. */
  readonly signedInAtMs: number | undefined;
  /** A person gave a second factor for it. A program's has been made by somebody who had to. */
  readonly hasSecondFactor: boolean;
}

/** What somebody may do with one machine, whatever the role allows elsewhere. */
export type MachineAccess = "full" | "execute" | "view" | "none";

export interface Membership {
  readonly id: string;
  readonly fleetId: string;
  readonly fleetSlug: string;
  /** Who attaches in the fleet while the control plane is away: whoever was seen lately, or nobody. */
  readonly fleetOutage: "best_effort" | "strict";
  readonly role: string;
  readonly rights: ReadonlySet<FleetRight>;
  readonly expiresAtMs: number | undefined;
  /** The fleet takes nobody without a second factor. */
  readonly isSecondFactorNeeded: boolean;
  /** By machine id; a machine that is not named has full access. */
  readonly machineAccess: ReadonlyMap<string, MachineAccess>;
}

export interface Principal {
  readonly kind: "account" | "service";
  readonly id: string;
  readonly name: string;
  /** What the credential says of itself; undefined: its kind tells. */
  readonly actor: "human" | "ai" | "program" | undefined;
  readonly credential: Credential;
  /** The newest revocation when this was read: what is made for them as they are here is ended by a later one. */
  readonly revSeq: number;
  readonly installationRights: ReadonlySet<InstallationRight>;
  /** By fleet. */
  readonly memberships: ReadonlyMap<string, Membership>;
}
