import { SeededRandom, testSeed } from "@cmdop/testkit";
import { describe, expect, it } from "vitest";
import { can, canGrant } from "./can.ts";
import type { Credential, MachineAccess, Membership, Principal } from "./principal.ts";
import { fleetRights, installationRights, type Right } from "./rights.ts";
import { builtInRoles, installationRoleRights, installationRoles, roleRights } from "./roles.ts";

const nowMs = 1_000_000;
const levels = ["none", "view", "execute", "full"] as const satisfies readonly MachineAccess[];
const allRights: readonly Right[] = [...fleetRights, ...installationRights];

const credential = (changes: Partial<Credential> = {}): Credential => ({
  id: "c",
  kind: "cli",
  fingerprint: "",
  scopes: "*",
  fleets: "*",
  signedInAtMs: nowMs,
  hasSecondFactor: false,
  ...changes,
});

const membership = (changes: Partial<Membership> = {}): Membership => ({
  id: "m",
  fleetId: "f",
  fleetSlug: "f",
  fleetOutage: "best_effort",
  role: "owner",
  rights: new Set(roleRights.owner),
  expiresAtMs: undefined,
  isSecondFactorNeeded: false,
  machineAccess: new Map(),
  ...changes,
});

const principal = (of: Membership | undefined, by = credential()): Principal => ({
  kind: "account",
  id: "a",
  name: "ada",
  actor: undefined,
  credential: by,
  revSeq: 0,
  installationRights: new Set(installationRoleRights.owner),
  memberships: new Map(of ? [[of.fleetId, of]] : []),
});

const reasonOf = (who: Principal, right: Right, resource: Parameters<typeof can>[2]): string => {
  const decision = can(who, right, resource, nowMs);
  return decision.kind === "deny" ? decision.reason : "allowed";
};

describe("the decision", () => {
  it.each([
    ["no membership", principal(undefined), "not_a_member"],
    ["another fleet's membership", principal(membership({ fleetId: "g" })), "not_a_member"],
    ["a membership", principal(membership()), "allowed"],
    ["one that ends now", principal(membership({ expiresAtMs: nowMs })), "membership_expired"],
    ["one that ends later", principal(membership({ expiresAtMs: nowMs + 1 })), "allowed"],
    ["a role without it", principal(membership({ rights: new Set(roleRights.auditor) })), "right_missing"],
    ["a scope without it", principal(membership(), credential({ scopes: ["fleet:read"] })), "scope_missing"],
    ["its scope", principal(membership(), credential({ scopes: ["sessions:open"] })), "allowed"],
    ["no scope at all", principal(membership(), credential({ scopes: [] })), "scope_missing"],
    ["other fleets alone", principal(membership(), credential({ fleets: ["g"] })), "fleet_out_of_scope"],
    ["no second factor", principal(membership({ isSecondFactorNeeded: true })), "mfa_needed"],
    [
      "a second factor",
      principal(membership({ isSecondFactorNeeded: true }), credential({ hasSecondFactor: true })),
      "allowed",
    ],
  ])("of sessions:open with %s", (_case, who, reason) => {
    expect(reasonOf(who, "sessions:open", { fleetId: "f" })).toBe(reason);
  });

  it.each([
    ["none", "sessions:observe", "machine_access"],
    ["view", "sessions:observe", "allowed"],
    ["view", "sessions:operate", "machine_access"],
    ["execute", "sessions:operate", "allowed"],
    ["execute", "machines:manage", "machine_access"],
    ["full", "machines:manage", "allowed"],
  ] as const)("with access %s to a machine, of %s there", (level, right, reason) => {
    const who = principal(membership({ machineAccess: new Map([["m1", level]]) }));
    expect(reasonOf(who, right, { fleetId: "f", machineId: "m1" })).toBe(reason);
    expect(reasonOf(who, right, { fleetId: "f", machineId: "m2" })).toBe("allowed");
  });

  it("of a right over the installation never reaches a credential that is bound to fleets", () => {
    expect(reasonOf(principal(membership()), "accounts:manage", {})).toBe("allowed");
    const bound = principal(membership(), credential({ fleets: ["f"] }));
    expect(reasonOf(bound, "accounts:manage", {})).toBe("fleet_out_of_scope");
  });

  it("names what a giver lacks", () => {
    const admin = principal(membership({ rights: new Set(roleRights.admin) }));
    expect(canGrant(admin, roleRights.owner, "f", nowMs)).toEqual({ kind: "deny", right: "fleet:delete" });
    expect(canGrant(admin, roleRights.admin, "f", nowMs)).toEqual({ kind: "allow" });
  });

  it("never becomes an allowance by taking a right, a scope, a fleet, a level or time away", () => {
    const seed = testSeed();
    const random = new SeededRandom(seed);
    const draw = (below: number): number =>
      ((random.bytes(1)[0] ?? 0) * 256 + (random.bytes(1)[0] ?? 0)) % below;
    const pick = <T>(from: readonly T[]): T => from[draw(from.length)] as T;
    const some = <T>(from: readonly T[]): T[] => from.filter(() => draw(2) === 0);
    const drop = <T>(from: readonly T[]): T[] => from.filter(() => draw(4) !== 0);
    const lower = (level: MachineAccess): MachineAccess => pick(levels.slice(0, levels.indexOf(level) + 1));
    let denials = 0;
    for (let round = 0; round < 20_000; round += 1) {
      const rights = pick([roleRights[pick(builtInRoles)], some(fleetRights)]);
      const scopes = pick(["*", some(allRights)] as const);
      const fleets = pick(["*", ["f"], ["f", "g"], ["g"]] as const);
      const level = pick(levels);
      const expiresAtMs = pick([undefined, nowMs - 1, nowMs, nowMs + 1]);
      const needed = draw(2) === 0;
      const second = draw(2) === 0;
      const wide: Principal = {
        ...principal(
          membership({
            rights: new Set(rights),
            expiresAtMs,
            isSecondFactorNeeded: needed,
            machineAccess: new Map([["m1", level]]),
          }),
          credential({ scopes, fleets, hasSecondFactor: second }),
        ),
        installationRights: new Set(installationRoleRights[pick(installationRoles)]),
      };
      const narrow: Principal = {
        ...principal(
          draw(8) === 0
            ? undefined
            : membership({
                rights: new Set(drop(rights)),
                expiresAtMs: pick([expiresAtMs, nowMs - 1]),
                isSecondFactorNeeded: needed || draw(2) === 0,
                machineAccess: new Map([["m1", lower(level)]]),
              }),
          credential({
            scopes: scopes === "*" ? pick(["*", some(allRights)] as const) : drop(scopes),
            fleets: fleets === "*" ? pick(["*", ["f"], []] as const) : drop(fleets),
            hasSecondFactor: second && draw(2) === 0,
          }),
        ),
        installationRights: new Set(drop([...wide.installationRights])),
      };
      const right = pick(allRights);
      const resource = pick([{ fleetId: "f" }, { fleetId: "f", machineId: "m1" }, {}, { fleetId: "g" }]);
      if (can(wide, right, resource, nowMs).kind === "allow") continue;
      denials += 1;
      const why = `seed ${seed}, round ${round}, ${right}`;
      expect(can(narrow, right, resource, nowMs).kind, why).toBe("deny");
    }
    expect(denials).toBeGreaterThan(5_000);
  });
});
