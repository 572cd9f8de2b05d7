// Fleets with all that is in them but machines; edges, identity providers, the audit log.
import { waitFor } from "@cmdop/testkit";
import type { TestAccount } from "../control-fixture.ts";
import type { Tour } from "./tour.ts";

/** In the order in which they are asked: made, read, changed, ended. */
export const tourOfFleets = async (tour: Tour, owner: TestAccount, fleet: string): Promise<void> => {
  const { fixture } = tour;
  const { token } = owner;
  const inFleet = (more: Readonly<Record<string, string>> = {}) => ({ token, path: { fleet, ...more } });

  await tour.take("listFleets", { token });
  const got = await tour.answer("getFleet", inFleet());
  await tour.take("updateFleet", { ...inFleet(), ifMatch: got.headers.etag, body: { description: "seen" } });
  const brief = await tour.take("createFleet", { token, body: { name: "Brief", slug: "brief" } });
  await tour.take("deleteFleet", { token, path: { fleet: brief.id } });
  await tour.take("restoreFleet", { token, path: { fleet: brief.id } });

  const guest = await fixture.addAccount("tour-guest");
  const invited = await tour.take("createInvitation", {
    ...inFleet(),
    body: { email: "tour-guest@example.org", role: "viewer" },
  });
  await tour.take("listInvitations", inFleet());
  await tour.take("acceptInvitation", { token: guest.token, body: { code: invited.secret } });
  const unwanted = await tour.take("createInvitation", { ...inFleet(), body: { email: "no@example.org" } });
  await tour.take("cancelInvitation", inFleet({ invitation: unwanted.id }));
  const members = await tour.take("listMembers", inFleet());
  const member = members.items.find(
    (one: { account: { id: string } }) => one.account.id === guest.accountId,
  ).id;
  const membership = await tour.answer("getMember", inFleet({ member }));
  await tour.take("updateMember", {
    ...inFleet({ member }),
    ifMatch: membership.headers.etag,
    body: { role: "member" },
  });
  const [machine = ""] = await fixture.addMachines(fleet, ["tour-access"]);
  await tour.take("updateMachineAccess", { ...inFleet({ member, machine }), body: { level: "view" } });
  await tour.take("listMachineAccess", inFleet({ member }));
  await tour.take("removeMember", inFleet({ member }));

  await tour.take("listRoles", inFleet());
  const role = await tour.answer("createRole", {
    ...inFleet(),
    body: { name: "watcher", rights: ["fleet:read"] },
  });
  const roleName = role.body.id;
  await tour.take("updateRole", {
    ...inFleet({ role: roleName }),
    ifMatch: role.headers.etag,
    body: { description: "watches" },
  });
  await tour.take("deleteRole", inFleet({ role: roleName }));

  const robot = await tour.answer("createServiceAccount", {
    ...inFleet(),
    body: { name: "robot", role: "viewer" },
  });
  const serviceAccount = robot.body.id;
  await tour.take("listServiceAccounts", inFleet());
  await tour.take("getServiceAccount", inFleet({ serviceAccount }));
  await tour.take("updateServiceAccount", {
    ...inFleet({ serviceAccount }),
    ifMatch: robot.headers.etag,
    body: { description: "seen" },
  });
  const key = await tour.answer("createKey", { ...inFleet(), body: { name: "mine" } });
  await tour.take("listKeys", inFleet());
  await tour.take("getKey", inFleet({ key: key.body.id }));
  await tour.take("updateKey", {
    ...inFleet({ key: key.body.id }),
    ifMatch: key.headers.etag,
    body: { name: "yours" },
  });
  const rotated = await tour.take("rotateKey", { ...inFleet({ key: key.body.id }), body: {} });
  await tour.take("reportLeakedKey", { body: { token: rotated.secret } });
  const its = await tour.take("createKey", { ...inFleet(), body: { name: "its", serviceAccount: "robot" } });
  await tour.take("revokeKey", inFleet({ key: its.id }));
  await tour.take("deleteServiceAccount", inFleet({ serviceAccount }));

  await tourOfWebhooks(tour, { of: "", at: inFleet, topics: ["key.*"] });
  await tourOfWebhooks(tour, {
    of: "Installation",
    at: (path = {}) => ({ token, path }),
    topics: ["audit.entry"],
  });

  const provider = await tour.answer("createProvider", {
    ...inFleet(),
    body: {
      name: "openai",
      kind: "openai",
      baseUrl: "https://api.example.org/v1",
      keys: ["sk-tour-0123456789"],
    },
  });
  await tour.take("listProviders", inFleet());
  await tour.take("updateProvider", {
    ...inFleet({ provider: provider.body.id }),
    ifMatch: provider.headers.etag,
    body: { keys: ["sk-tour-9876543210"] },
  });
  await tour.take("deleteProvider", inFleet({ provider: provider.body.id }));
  const shared = await tour.answer("createSharedProvider", {
    token,
    body: { name: "all", keys: ["sk-tour-all"] },
  });
  await tour.take("listSharedProviders", { token });
  await tour.take("updateSharedProvider", {
    ...{ token, path: { provider: shared.body.id }, ifMatch: shared.headers.etag },
    body: { keys: ["sk-tour-all-again"] },
  });
  await tour.take("deleteSharedProvider", { token, path: { provider: shared.body.id } });
  const own = await tour.answer("createAccountProvider", {
    token,
    body: { name: "mine", keys: ["sk-tour-mine"] },
  });
  await tour.take("listAccountProviders", { token });
  await tour.take("updateAccountProvider", {
    ...{ token, path: { provider: own.body.id }, ifMatch: own.headers.etag },
    body: { keys: ["sk-tour-mine-again"] },
  });
  await tour.take("deleteAccountProvider", { token, path: { provider: own.body.id } });
  await tour.take("getUsage", inFleet());
  const budget = await tour.answer("createBudget", {
    ...inFleet(),
    body: { subject: "fleet", limitMicros: 1_000_000, period: "month" },
  });
  await tour.take("listBudgets", inFleet());
  await tour.take("updateBudget", {
    ...inFleet({ budget: budget.body.id }),
    ifMatch: budget.headers.etag,
    body: { limitMicros: 2_000_000 },
  });
  await tour.take("deleteBudget", inFleet({ budget: budget.body.id }));

  const edge = await tour.take("createEdge", { token, body: { name: "relay-1", kind: "relay" } });
  await tour.take("listEdges", { token });
  await tour.take("listSigningKeys", { token });
  await tour.take("rotateSigningKey", { token });
  await tour.take("withdrawSigningKeys", { token });
  await tour.take("revokeEdge", { token, path: { edge: edge.id } });
  const identity = await tour.answer("createIdentityProvider", {
    token,
    body: { name: "Us", slug: "us", issuer: "https://id.example.org", clientId: "cmdop" },
  });
  await tour.take("listIdentityProviders", { token });
  const named = await tour.answer("updateIdentityProvider", {
    token,
    path: { provider: identity.body.id },
    ifMatch: identity.headers.etag,
    body: { name: "All of us" },
  });
  await tour.take("putGroupRoles", {
    token,
    path: { provider: identity.body.id },
    ifMatch: named.headers.etag,
    body: { items: [{ group: "ops", fleetId: fleet, role: "viewer" }] },
  });
  await tour.take("listGroupRoles", { token, path: { provider: identity.body.id } });
  await tour.take("deleteIdentityProvider", { token, path: { provider: identity.body.id } });

  await tour.take("followEvents", inFleet());
  await tour.take("listAudit", { token });
  const { items } = await tour.take("listFleetAudit", inFleet());
  const seq = String(items.at(-1).seq);
  await fixture.control.services.auditLog.sign();
  await tour.take("proveFleetAuditEntry", inFleet({ seq }));
  await tour.take("proveAuditEntry", { token, path: { seq } });
  await tour.take("proveAuditConsistency", { token, query: { from: seq } });
  await tour.take("exportFleetAudit", inFleet());
  await tour.take("exportAudit", { token });
  await tour.take("listAuditCheckpoints", { token });
};

const tourOfWebhooks = async (
  tour: Tour,
  place: {
    readonly of: "" | "Installation";
    readonly at: (path?: Readonly<Record<string, string>>) => {
      readonly token: string;
      readonly path: Readonly<Record<string, string>>;
    };
    readonly topics: readonly string[];
  },
): Promise<void> => {
  const { fixture } = tour;
  const { of, at, topics } = place;
  const hook = await tour.answer(`create${of}Webhook`, {
    ...at(),
    body: { name: "hook", url: "https://example.org/hook", topics },
  });
  const webhook = hook.body.id;
  await tour.take(`list${of}Webhooks`, at());
  await tour.take(`get${of}Webhook`, at({ webhook }));
  const { id: delivery } = await tour.take(`test${of}Webhook`, at({ webhook }));
  await tour.take(`list${of}WebhookDeliveries`, at({ webhook }));
  // Once its first try is over: the sender writes the state, too.
  const { unitOfWork } = fixture.control.services;
  await waitFor(
    () =>
      unitOfWork.read("all", (db) =>
        db
          .selectFrom("webhook_deliveries")
          .select("id")
          .where("id", "=", delivery)
          .where("duration_ms", "is not", null)
          .executeTakeFirst(),
      ),
    { timeoutMs: 30_000, everyMs: 100, what: "the first try of a delivery" },
  );
  await fixture.change(({ db }) => db.updateTable("webhook_deliveries").set({ state: "failed" }).execute());
  await tour.take(`redeliver${of}Webhook`, at({ webhook, delivery }));
  await tour.take(`update${of}Webhook`, {
    ...at({ webhook }),
    ifMatch: hook.headers.etag,
    body: { isEnabled: false },
  });
  await tour.take(`delete${of}Webhook`, at({ webhook }));
};
