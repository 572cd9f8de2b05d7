// Every operation × role × kind of credential × scope × fleet, asked of the application as it is served. What is
// expected comes from the operation's declared access and the tables of roles alone.
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createControlApp } from "./adapters/http/control-app.ts";
import type { CredentialKind, Membership, Principal } from "./core/access/principal.ts";
import { isFleetRight, type Right } from "./core/access/rights.ts";
import {
  type BuiltInRole,
  builtInRoles,
  type InstallationRole,
  installationRoleRights,
  installationRoles,
  roleRights,
} from "./core/access/roles.ts";
import { noMeasures } from "./measures.ts";
import type { Operation } from "./operation.ts";
import { operations } from "./operations.ts";
import { findPrincipal } from "./store/identity/principals.ts";
import { ControlFixture } from "./testing/control-fixture.ts";

type Place = "own" | "foreign" | "second";
type Scoping = "*" | "exactly" | "all but";

interface Caller {
  readonly name: string;
  readonly role: BuiltInRole;
  readonly installationRole: InstallationRole;
  readonly kind: CredentialKind;
  readonly scoping: Scoping;
  /** As it was read from the database; its scopes are cut for each operation. */
  readonly principal: Principal;
}

type Verdict = "admitted" | "unauthenticated" | "not found" | "forbidden";

const expected = (operation: Operation, caller: Caller | undefined, place: Place): Verdict => {
  const { access } = operation;
  if (access.kind === "local") return "not found";
  if (access.kind === "public") return "admitted";
  if (!caller) return "unauthenticated";
  const isBound = caller.kind === "api" || caller.kind === "svc";
  if (access.kind === "fleet" && (place === "foreign" || (place === "second" && caller.kind === "svc"))) {
    return "not found";
  }
  if (access.kind === "fleet" || access.kind === "installation") {
    const rights: readonly Right[] = isFleetRight(access.right)
      ? roleRights[caller.role]
      : installationRoleRights[caller.installationRole];
    const isAllowed =
      rights.includes(access.right) &&
      caller.scoping !== "all but" &&
      !(isBound && (place === "second" || access.kind === "installation"));
    if (!isAllowed) return "forbidden";
  }
  // A program has nobody to sign in: its scopes must name the right.
  if (operation.isFreshSignInNeeded && isBound) {
    const isNamed = "right" in access && caller.scoping === "exactly";
    if (!isNamed) return "forbidden";
  }
  return "admitted";
};

describe("who may call what", () => {
  let fixture: ControlFixture;
  let app: FastifyInstance;
  const fleets = { own: "", foreign: "", second: "" };
  const callers: Caller[] = [];
  /** Who the next request is. */
  const asking = new Map<string, Principal>();

  beforeAll(async () => {
    fixture = await ControlFixture.open();
    const { services } = fixture.control;
    const maker = await fixture.addAccount("maker", "owner");
    for (const place of ["own", "foreign", "second"] as const) {
      const made = await fixture.ask("POST", "/v1/fleets", {
        token: maker.token,
        body: { name: place, slug: place },
      });
      fleets[place] = made.body.id;
    }
    const principalOf = async (token: string): Promise<Principal> => {
      const found = await services.unitOfWork.read("all", (db) =>
        findPrincipal(db, token, services.clock.wallMs()),
      );
      if (found.kind === "refused") throw new Error(found.code);
      return found.principal;
    };
    const people = [
      ...builtInRoles.map((role) => ({ role, installationRole: "member" as const })),
      ...installationRoles
        .filter((role) => role !== "member")
        .map((installationRole) => ({ role: "viewer" as const, installationRole })),
    ];
    for (const { role, installationRole } of people) {
      const name = `${role}-${installationRole}`;
      const { accountId, token } = await fixture.addAccount(name, installationRole);
      await fixture.addMember(fleets.own, accountId, role);
      await fixture.addMember(fleets.second, accountId, role);
      const cli = await principalOf(token);
      const known = { role, installationRole };
      const bound = { ...cli.credential, signedInAtMs: undefined, fleets: [fleets.own] };
      const membership = cli.memberships.get(fleets.own) as Membership;
      callers.push(
        { ...known, name: `${name} cli`, kind: "cli", scoping: "*", principal: cli },
        {
          ...known,
          name: `${name} ses`,
          kind: "ses",
          scoping: "*",
          principal: { ...cli, credential: { ...cli.credential, kind: "ses" } },
        },
      );
      for (const scoping of ["*", "exactly", "all but"] as const) {
        callers.push(
          {
            ...known,
            name: `${name} api ${scoping}`,
            kind: "api",
            scoping,
            principal: { ...cli, credential: { ...bound, kind: "api" } },
          },
          {
            ...known,
            installationRole: "member",
            name: `${name} svc ${scoping}`,
            kind: "svc",
            scoping,
            principal: {
              ...cli,
              kind: "service",
              installationRights: new Set(),
              credential: { ...bound, kind: "svc" },
              memberships: new Map([[fleets.own, membership]]),
            },
          },
        );
      }
    }
    app = await createControlApp({
      operations,
      measures: noMeasures,
      services: { ...services, denials: { record: () => undefined, flush: async () => undefined } },
      authenticator: { authenticate: async (request) => asking.get(String(request.headers["x-caller"])) },
      rateLimits: { enter: async () => undefined },
      isLocal: () => false,
      isReady: () => true,
      failed: (cause) => {
        throw cause;
      },
    } as Parameters<typeof createControlApp>[0]);
    await app.ready();
  }, 60_000);
  afterAll(async () => {
    await app.close();
    await fixture.close();
  });

  const scopesOf = (scoping: Scoping, access: Operation["access"]): "*" | readonly Right[] => {
    if (scoping === "*") return "*";
    const right = "right" in access ? access.right : undefined;
    if (scoping === "exactly") return right ? [right] : [];
    const all: readonly Right[] = [...roleRights.owner, ...installationRoleRights.owner];
    return all.filter((one) => one !== right);
  };

  /** A request that is refused behind the decision, before anything is done: its If-Match is none of ours. */
  const ask = async (
    operation: Operation,
    caller: Caller | undefined,
    place: Place,
  ): Promise<Verdict | number> => {
    asking.clear();
    if (caller) {
      const { principal } = caller;
      const scopes = scopesOf(caller.scoping, operation.access);
      asking.set("someone", { ...principal, credential: { ...principal.credential, scopes } });
    }
    const url = operation.path.replace("{fleet}", fleets[place]).replaceAll(/\{\w+\}/g, "none");
    const answer = await app.inject({
      method: operation.method,
      url,
      headers: { "x-caller": caller ? "someone" : "nobody", "if-match": 'W/"refused behind the decision"' },
    });
    const code = answer.headers["content-type"]?.toString().includes("json") ? answer.json().code : undefined;
    if (code === "invalid_argument" || code === "unsupported_media_type") return "admitted";
    if (answer.statusCode === 400) return "admitted";
    if (answer.statusCode === 401) return "unauthenticated";
    if (answer.statusCode === 403) return "forbidden";
    if (answer.statusCode === 404) return "not found";
    return answer.statusCode;
  };

  it("is what each operation declares, in every cell", async () => {
    const wrong: string[] = [];
    let cells = 0;
    for (const operation of operations) {
      const places: readonly Place[] =
        operation.access.kind === "fleet" ? ["own", "foreign", "second"] : ["own"];
      for (const caller of [undefined, ...callers]) {
        for (const place of places) {
          cells += 1;
          const verdict = await ask(operation, caller, place);
          const right = expected(operation, caller, place);
          if (verdict !== right) {
            wrong.push(
              `${operation.id} by ${caller?.name ?? "nobody"} in ${place}: ${verdict}, not ${right}`,
            );
          }
        }
      }
    }
    expect(wrong.slice(0, 40)).toEqual([]);
    expect(cells).toBeGreaterThan(operations.length * callers.length);
  }, 60_000);
});
