import { describe, expect, it } from "vitest";
import { type HeldMembership, planMemberships } from "./group-memberships.ts";

const mapping = [
  { group: "sre", fleetId: "flt_a", role: "admin", rights: 30 },
  { group: "dev", fleetId: "flt_a", role: "viewer", rights: 8 },
  { group: "dev", fleetId: "flt_b", role: "member", rights: 15 },
];
const held = (more: Partial<HeldMembership>): HeldMembership => ({
  id: "mem_1",
  fleetId: "flt_a",
  role: "viewer",
  isGivenThere: true,
  isLastOwner: false,
  ...more,
});

describe("memberships from groups", () => {
  it("are the strongest of those that the groups give", () => {
    expect(planMemberships(["dev", "sre", "other"], mapping, [])).toEqual([
      { kind: "add", fleetId: "flt_a", role: "admin" },
      { kind: "add", fleetId: "flt_b", role: "member" },
    ]);
  });

  it("change and end with the groups", () => {
    expect(planMemberships(["sre"], mapping, [held({}), held({ id: "mem_2", fleetId: "flt_b" })])).toEqual([
      { kind: "change", id: "mem_1", fleetId: "flt_a", role: "admin" },
      { kind: "remove", id: "mem_2", fleetId: "flt_b" },
    ]);
    expect(planMemberships([], [], [held({})])).toEqual([{ kind: "remove", id: "mem_1", fleetId: "flt_a" }]);
  });

  it("leave what was given by hand or by another provider, and a fleet's last owner", () => {
    expect(planMemberships(["sre"], mapping, [held({ isGivenThere: false })])).toEqual([]);
    expect(planMemberships([], mapping, [held({ role: "owner", isLastOwner: true })])).toEqual([]);
  });
});
