// Every operation × role × kind of credential × scope × fleet, asked over HTTP of the application as it is served. What
// is expected comes from the operation's declared access and the tables of roles alone.
import { Scope } from "@cmdop/base";
import { createTestCertificates, SeededRandom, testSeed } from "@cmdop/testkit";
import { type Dispatcher, Pool } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createControlApp } from "./adapters/http/control-app.ts";
import { openListener } from "./adapters/http/listener.ts";
import type { CredentialKind, Membership, Principal } from "./core/access/principal.ts";
import { type FleetRight, isFleetRight, type Right } from "./core/access/rights.ts";
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
import { issueTicket } from "./operations/sessions/issue-ticket.ts";
import { openSession } from "./operations/sessions/open-session.ts";
import { operations } from "./operations.ts";
import { findPrincipal } from "./store/identity/principals.ts";
import { ControlFixture } from "./testing/control-fixture.ts";

const places = ["own", "foreign", "second"] as const;
type Place = (typeof places)[number];
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

/** Requests on their way, on connections that stay. */
const atOnce = 32;
const connections = 2;

/** Without a stream for each answer, which would cost as much as the answer itself. */
const exchange = (
  client: Pool,
  request: Pick<Dispatcher.DispatchOptions, "method" | "path"> & {
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
  },
): Promise<{ readonly status: number; readonly isJson: boolean; readonly text: string }> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let status = 0;
    let isJson = false;
    // Said to be idempotent: others would wait for all that is on its way.
    client.dispatch(
      { ...request, idempotent: true },
      {
        onRequestStart: () => undefined,
        onResponseStart: (_controller, code, headers) => {
          status = code;
          isJson = String(headers["content-type"]).includes("json");
        },
        onResponseData: (_controller, chunk) => void chunks.push(chunk),
        onResponseEnd: () => resolve({ status, isJson, text: Buffer.concat(chunks).toString() }),
        onResponseError: (_controller, error) => reject(error),
      },
    );
  });

describe("who may call what", () => {
  const scope = new Scope();
  let client: Pool;
  const fleets = { own: "", foreign: "", second: "" };
  const sessions = { own: "", foreign: "", second: "" };
  const callers: Caller[] = [];
  /** Who asks, by the number of the request. */
  const asking = new Map<string, Principal>();
  let asked = 0;

  beforeAll(async () => {
    const fixture = await ControlFixture.open();
    scope.add(() => fixture.close());
    const { services } = fixture.control;
    const maker = await fixture.addAccount("maker", "owner");
    for (const place of places) {
      const made = await fixture.ask("POST", "/v1/fleets", {
        token: maker.token,
        body: { name: place, slug: place },
      });
      fleets[place] = made.body.id;
      const [machine = ""] = await fixture.addMachines(made.body.id, [place]);
      sessions[place] = await fixture.addSession(made.body.id, machine);
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
    const app = await createControlApp({
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
    scope.add(() => app.close());
    const { cert: certificatePem, key: keyPem } = await createTestCertificates();
    const listener = await openListener({
      host: "127.0.0.1",
      port: 0,
      tls: { certificatePem, keyPem },
      handle: app.routing,
      connectionsMax: connections,
    });
    scope.add(() => listener.close());
    client = new Pool(`http://127.0.0.1:${listener.port}`, {
      connections,
      pipelining: atOnce / connections,
    });
    scope.add(() => client.close());
  }, 60_000);
  afterAll(() => scope.close());

  const scopesOf = (scoping: Scoping, access: Operation["access"]): "*" | readonly Right[] => {
    if (scoping === "*") return "*";
    const right = "right" in access ? access.right : undefined;
    if (scoping === "exactly") return right ? [right] : [];
    const all: readonly Right[] = [...roleRights.owner, ...installationRoleRights.owner];
    return all.filter((one) => one !== right);
  };

  /** Operations whose access is `resolved`: which right their code asks for, and of which request. */
  const found: readonly (readonly [Operation, FleetRight, (place: Place) => Parameters<typeof ask>[3]])[] = [
    [openSession, "sessions:open", (place) => ({ body: { fleet: fleets[place] } })],
    [issueTicket, "sessions:operate", (place) => ({ session: sessions[place], body: { role: "operator" } })],
    [issueTicket, "sessions:observe", (place) => ({ session: sessions[place], body: { role: "observer" } })],
  ];

  /** As they are for this operation. */
  const presented = ({ principal, scoping }: Caller, { access }: Operation): Principal => ({
    ...principal,
    credential: { ...principal.credential, scopes: scopesOf(scoping, access) },
  });

  /** Without a body: a request that is refused behind the decision, before anything is done. Its If-Match is none of ours. */
  const ask = async (
    operation: Operation,
    principal: Principal | undefined,
    place: Place,
    { session = "none", body }: { readonly session?: string; readonly body?: unknown } = {},
  ): Promise<Verdict | number> => {
    asked += 1;
    const id = String(asked);
    if (principal) asking.set(id, principal);
    const { status, isJson, text } = await exchange(client, {
      method: operation.method,
      path: operation.path
        .replace("{fleet}", fleets[place])
        .replace("{session}", session)
        .replaceAll(/\{\w+\}/g, "none"),
      headers: {
        "x-caller": id,
        ...(body === undefined
          ? { "if-match": 'W/"refused behind the decision"' }
          : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    asking.delete(id);
    const code = isJson ? JSON.parse(text).code : undefined;
    if (code === "invalid_argument" || code === "unsupported_media_type") return "admitted";
    if (status === 400) return "admitted";
    if (status === 401) return "unauthenticated";
    if (status === 403) return "forbidden";
    if (status === 404) return "not found";
    return status;
  };

  interface Cell {
    readonly name: string;
    readonly right: Verdict;
    readonly ask: () => Promise<Verdict | number>;
  }

  /** Asks in every cell; gives what is not as it should be. */
  const wrongOf = async (cells: readonly Cell[]): Promise<readonly string[]> => {
    const wrong: string[] = [];
    const lane = async (first: number): Promise<void> => {
      for (let at = first; at < cells.length; at += atOnce) {
        const cell = cells[at] as Cell;
        const verdict = await cell.ask();
        if (verdict !== cell.right) wrong.push(`${cell.name}: ${verdict}, not ${cell.right}`);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, (_, first) => lane(first)));
    return wrong.slice(0, 40);
  };

  it("is what each operation declares, in every cell", async () => {
    const cells = operations.flatMap((operation) => {
      const asHere: readonly Place[] = operation.access.kind === "fleet" ? places : ["own"];
      return [undefined, ...callers].flatMap((caller) =>
        asHere.map(
          (place): Cell => ({
            name: `${operation.id} by ${caller?.name ?? "nobody"} in ${place}`,
            right: expected(operation, caller, place),
            ask: () => ask(operation, caller && presented(caller, operation), place),
          }),
        ),
      );
    });
    expect(await wrongOf(cells)).toEqual([]);
    expect(cells.length).toBeGreaterThan(operations.length * callers.length);
  }, 120_000);

  it("is what an operation declares whose code finds the fleet out, in every cell", async () => {
    expect(new Set(found.map(([{ id }]) => id))).toEqual(
      new Set(operations.filter(({ access }) => access.kind === "resolved").map(({ id }) => id)),
    );
    const cells = callers.flatMap((caller) =>
      places.flatMap((place) =>
        found.map(([operation, right, asOf]): Cell => {
          const declaring = { ...operation, access: { kind: "fleet", right } } as Operation;
          return {
            name: `${operation.id} for ${right} by ${caller.name} in ${place}`,
            // Whoever opens by a fleet's name finds those of the credential alone.
            right:
              operation === openSession && place === "second" && caller.kind === "api"
                ? "not found"
                : expected(declaring, caller, place),
            ask: async () => {
              const verdict = await ask(operation, presented(caller, declaring), place, asOf(place));
              // A ticket, or nowhere a relay: what is behind the decision.
              return verdict === 201 || verdict === 503 ? "admitted" : verdict;
            },
          };
        }),
      ),
    );
    expect(await wrongOf(cells)).toEqual([]);
  }, 60_000);

  it("stays a refusal when any right is taken away, and becomes one without the right that is declared", async () => {
    const random = new SeededRandom(testSeed());
    const all: readonly Right[] = [...roleRights.owner, ...installationRoleRights.owner];
    const cells = operations.flatMap((operation) => {
      const { access } = operation;
      if (access.kind !== "fleet" && access.kind !== "installation") return [];
      return Array.from({ length: 24 }, (): Cell => {
        const caller = random.pick(callers);
        const whole = expected(operation, caller, "own");
        const taken = random.chance(0.5) ? access.right : random.pick(all);
        return {
          name: `${operation.id} by ${caller.name} without ${taken}`,
          right: taken === access.right && whole === "admitted" ? "forbidden" : whole,
          ask: () => ask(operation, without(presented(caller, operation), taken), "own"),
        };
      });
    });
    expect(await wrongOf(cells)).toEqual([]);
  }, 60_000);
});

const without = (principal: Principal, right: Right): Principal => {
  const { credential, memberships, installationRights } = principal;
  const rest = <One extends Right>(rights: Iterable<One>): One[] =>
    [...rights].filter((one) => one !== right);
  return {
    ...principal,
    installationRights: new Set(rest(installationRights)),
    memberships: new Map(
      [...memberships].map(([fleet, membership]) => [
        fleet,
        { ...membership, rights: new Set(rest(membership.rights)) },
      ]),
    ),
    credential: { ...credential, scopes: credential.scopes === "*" ? "*" : rest(credential.scopes) },
  };
};
