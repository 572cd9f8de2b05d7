// Identity providers, against a whole control plane.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { toOidcClient } from "../../../../services/control/src/store/identity/identity-providers.ts";
import { useControl } from "../testing/cli-fixture.ts";

const issuer = "https://id.example.org";
const cli = useControl({ fleets: ["main", "other"] });
let directory: string;

beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), "cmdop-cli-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const cmdop = (args: readonly string[], options: Parameters<typeof cli.cmdop>[1] = {}) =>
  cli.cmdop(["identity-providers", ...args], options);

/** As a sign-in has it. */
const secretOf = (id: string): Promise<string | undefined> =>
  cli.control.control.services.unitOfWork.read("all", async (db) => {
    const row = await db
      .selectFrom("identity_providers")
      .selectAll()
      .where("id", "=", id)
      .executeTakeFirstOrThrow();
    return toOidcClient(cli.control.control.services, row).clientSecret;
  });

it("are added with a secret from standard input or a file, which nothing shows, changed in place, and removed", async () => {
  const none = await cmdop(["add", "corp", issuer, "--client-id", "cmdop"], { input: "\n" });
  expect([none.code, none.error]).toEqual([2, expect.stringContaining("No secret was given.")]);
  expect(await cmdop(["add", "corp", issuer], { input: "marker" })).toMatchObject({ code: 2 });
  const added = await cmdop(
    [
      "add",
      "corp",
      issuer,
      "--client-id",
      "cmdop",
      "--name",
      "Corp",
      "--scope",
      "groups",
      "--sign-up",
      "--json",
    ],
    { input: "marker-one\n" },
  );
  expect([added.code, added.error]).toEqual([0, expect.stringContaining("Enter the redirect URI")]);
  const { id } = added.json();
  expect(added.json()).toMatchObject({
    slug: "corp",
    name: "Corp",
    issuer,
    clientId: "cmdop",
    scopes: ["openid", "groups"],
    signUp: true,
    mfaTrusted: false,
    hasClientSecret: true,
    redirectUri: expect.stringMatching(/\/v1\/sign-in\/oidc-callback$/),
  });
  expect(await secretOf(id)).toBe("marker-one");

  const shown = await cmdop(["show", "corp"]);
  expect(shown.out).toMatch(/^client secret set$/m);
  const listed = await cmdop(["list"]);
  expect(listed.out).toBe(`corp\tCorp\tenabled\t${issuer}\t${id}\n`);
  expect((await cmdop(["list", "-q"])).out).toBe(`${id}\n`);

  const file = path.join(directory, "secret.txt");
  writeFileSync(file, "marker-two\n");
  expect(await cmdop(["update", "corp"])).toMatchObject({ code: 2 });
  expect((await cmdop(["update", "corp", "--secret-file", `${file}.none`])).error).toContain(
    "cannot be read",
  );
  const changed = await cmdop([
    "update",
    "corp",
    "--secret-file",
    file,
    "--sign-up",
    "no",
    "--enabled",
    "no",
    "--json",
  ]);
  expect(changed.json()).toMatchObject({
    id,
    name: "Corp",
    signUp: false,
    disabledAt: expect.any(String),
    hasClientSecret: true,
  });
  expect(await secretOf(id)).toBe("marker-two");
  const open = await cmdop(["update", id, "--no-secret", "--enabled", "yes", "--json"]);
  expect(open.json()).toMatchObject({ disabledAt: null, hasClientSecret: false });
  expect(await secretOf(id)).toBeUndefined();
  const said = [added, shown, listed, changed, open].map(({ out, error }) => out + error).join("");
  expect(said + (await cli.control.dumpDatabase())).not.toContain("marker");

  expect(await cmdop(["remove", "corp"])).toMatchObject({ code: 2 });
  expect(await cmdop(["remove", "corp", "--yes"])).toMatchObject({ code: 0 });
  expect((await cmdop(["list", "--json"])).json()).toEqual([]);
  expect((await cmdop(["show", "corp"])).error).toContain("There is no identity provider corp.");
});

it("give roles by groups, one by one: what other groups and other fleets give stays", async () => {
  expect(
    await cmdop(["add", "groups", "https://groups.example.org", "--client-id", "c", "--no-secret"]),
  ).toMatchObject({
    code: 0,
  });
  const roles = async (): Promise<readonly (readonly string[])[]> => {
    const { groupRoles } = (await cmdop(["show", "groups", "--json"])).json();
    const ids = new Map(
      (await cli.control.ask("GET", "/v1/fleets", { token: cli.owner.token })).body.items.map(
        (fleet: { id: string; slug: string }) => [fleet.id, fleet.slug],
      ),
    );
    return groupRoles.map((one: { group: string; fleetId: string; role: string }) => [
      one.group,
      one.role,
      ids.get(one.fleetId),
    ]);
  };
  for (const [group, role, fleet] of [
    ["ops", "viewer", "main"],
    ["ops", "admin", "other"],
    ["dev", "viewer", "main"],
    ["ops", "admin", "main"],
  ] as const)
    expect(await cmdop(["set-group", "groups", group, role, "--fleet", fleet])).toMatchObject({ code: 0 });
  expect(await roles()).toEqual(
    expect.arrayContaining([
      ["dev", "viewer", "main"],
      ["ops", "admin", "main"],
      ["ops", "admin", "other"],
    ]),
  );
  expect((await cmdop(["show", "groups"])).out).toMatch(/^group\s+ops: admin in other$/m);
  expect((await cmdop(["set-group", "groups", "ops", "no-such-role"])).error).toContain(
    "has no role no-such-role",
  );

  expect(await cmdop(["unset-group", "groups", "ops"])).toMatchObject({ code: 0 });
  expect((await cmdop(["unset-group", "groups", "ops"])).error).toContain("gives no role in main");
  expect((await roles()).toSorted()).toEqual([
    ["dev", "viewer", "main"],
    ["ops", "admin", "other"],
  ]);
});

it("are nobody's but those who manage identity", async () => {
  const bob = await cli.control.addAccount("bob");
  const { token } = bob;
  expect((await cmdop(["list"], { as: bob })).error).toContain("identity:manage");
  expect((await cli.control.ask("GET", "/v1/identity-providers/idp_x/group-roles", { token })).status).toBe(
    403,
  );
});
