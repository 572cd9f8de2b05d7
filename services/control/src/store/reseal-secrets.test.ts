// The sealing key is replaced under a whole control plane: by the file, by the environment, and with the old one taken out.
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { systemRandom } from "@cmdop/base";
import { TOTP } from "otpauth";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAesSealer } from "../adapters/sealing/aes-sealer.ts";
import { ControlFixture, cookieOf, type TestAccount } from "../testing/control-fixture.ts";
import { introspect } from "./edges/introspection.ts";
import { resealSecrets } from "./reseal-secrets.ts";
import type { UnitOfWork, WriteTransaction } from "./unit-of-work.ts";

let fixture: ControlFixture;
let owner: TestAccount;
let file: string;
const password = "correct horse battery";
const provider = { name: "ours", keys: ["sk-one", "sk-two"], headers: { "X-Team": "a" } };
let app: TOTP;

const newKey = (): string => Buffer.from(systemRandom.bytes(32)).toString("base64url");
const keyBytes = (text: string): Uint8Array => Buffer.from(text, "base64url");

/** The same home, started again. The fixture of before does not remove it. */
const restart = async (sealingKeys?: string): Promise<void> => {
  const { home } = fixture;
  await fixture.control.close();
  fixture = await ControlFixture.open({ home, sealingKeys });
};

/** Every sealed text, by where it stands. */
const sealedTexts = (): Promise<readonly (readonly [string, string])[]> =>
  fixture.control.services.unitOfWork.read("all", async (db) => {
    const totp = await db.selectFrom("totp_factors").select("secret_sealed").execute();
    const outside = await db.selectFrom("identity_providers").select("client_secret_sealed").execute();
    const webhooks = await db.selectFrom("webhooks").select("secret").execute();
    const signing = await db.selectFrom("signing_keys").select("sealed_private_key").execute();
    const providers = await db.selectFrom("providers").select(["sealed_keys", "sealed_headers"]).execute();
    return [
      ...totp.map((row) => ["second factor", row.secret_sealed] as const),
      ...outside.map((row) => ["client secret", row.client_secret_sealed ?? ""] as const),
      ...webhooks.map((row) => ["webhook", row.secret] as const),
      ...signing.map((row) => ["signing key", row.sealed_private_key] as const),
      ...providers.flatMap((row) => row.sealed_keys.map((key) => ["provider's key", key] as const)),
      ...providers.map((row) => ["provider's headers", row.sealed_headers ?? ""] as const),
    ];
  });

const sealedBy = async (...keys: readonly string[]): Promise<readonly string[]> => {
  const [first, ...rest] = keys.map(keyBytes);
  const sealer = createAesSealer([first ?? new Uint8Array(), ...rest], systemRandom);
  return (await sealedTexts()).filter(([, text]) => sealer.isCurrent(text)).map(([where]) => where);
};

const everything = [
  ...["second factor", "client secret", "webhook", "signing key", "provider's key", "provider's key"],
  "provider's headers",
];

/** What they open to is what it was: the router gets the keys, and the app's code signs in. */
const expectAllWorks = async (): Promise<void> => {
  const told = await fixture.control.services.unitOfWork.read("all", (db) =>
    introspect(
      db,
      fixture.control.services.sealer,
      { token: owner.token, fleet: "main", need: "router" },
      Date.now(),
    ),
  );
  expect(told).toMatchObject({ router: { providers: [{ keys: provider.keys, headers: provider.headers }] } });
  await fixture.change(async ({ db }) => {
    await db.deleteFrom("sign_in_throttles").execute();
    await db.updateTable("totp_factors").set({ last_step: 0 }).execute();
  });
  const begun = await fixture.ask("POST", "/v1/sign-in/password", {
    body: { email: "ada@example.org", password },
  });
  const given = await fixture.ask("POST", "/v1/sign-in/second-factor", {
    body: { challenge: begun.body.challenge, factor: { kind: "totp", code: app.generate() } },
  });
  expect(cookieOf(given)).toContain("cmdop_ses_");
};

beforeAll(async () => {
  fixture = await ControlFixture.open();
  file = path.join(fixture.home, "control", "sealing.key");
  const code = new URL(await fixture.setupUrl()).hash.replace("#code=", "");
  const made = await fixture.ask("POST", "/v1/setup", {
    body: { code, email: "ada@example.org", name: "Ada", password },
  });
  const cookie = cookieOf(made);
  const ask = (method: "POST" | "PUT", at: string, body: unknown = {}) =>
    fixture.ask(method, at, { headers: { cookie, "sec-fetch-site": "same-origin" }, body });
  const { body: me } = await fixture.ask("GET", "/v1/whoami", { headers: { cookie } });
  owner = { accountId: me.id, token: (await fixture.addCredential(me.id, "cli")).token };
  const begun = await ask("POST", "/v1/account/totp/enrolments");
  app = new TOTP({ secret: begun.body.secret });
  const factor = { challenge: begun.body.challenge, code: app.generate() };
  const answers = [
    await ask("PUT", "/v1/account/totp", factor),
    await ask("POST", "/v1/fleets", { name: "Main", slug: "main" }),
    await ask("POST", "/v1/fleets/main/providers", provider),
    await ask("POST", "/v1/fleets/main/webhooks", {
      name: "hook",
      url: "https://example.org/",
      topics: ["*"],
    }),
    await ask("POST", "/v1/identity-providers", {
      ...{ slug: "us", name: "Us", issuer: "https://id.example.org", clientId: "cmdop", clientSecret: "s" },
    }),
  ];
  expect(answers.map(({ status }) => status < 300)).toEqual(answers.map(() => true));
}, 60_000);
afterAll(() => fixture.close());

describe("another sealing key", () => {
  it("that is put first seals everything anew at the next start, and the old one can go", async () => {
    const old = readFileSync(file, "utf8").trim();
    expect(await sealedBy(old)).toEqual(everything);
    const next = newKey();
    writeFileSync(file, `${next}\n${old}\n`);
    await restart();
    expect(await sealedBy(next)).toEqual(everything);
    const { body } = await fixture.ask("GET", "/v1/audit?action=secrets.reseal", { token: owner.token });
    expect(body.items).toMatchObject([{ actor: { kind: "system" }, body: { resealed: everything.length } }]);
    writeFileSync(file, `${next}\n`);
    await restart();
    await expectAllWorks();
    expect(await sealedBy(next)).toEqual(everything);
    const log = fixture.log.lines.join("");
    expect([log.includes("secrets.resealed"), log.includes("secrets.unopened")]).toEqual([false, false]);
  });

  it("may come from the environment, and then there is no file", async () => {
    const old = readFileSync(file, "utf8").trim();
    rmSync(file);
    const next = newKey();
    await restart(`${next},${old}`);
    expect([await sealedBy(next), existsSync(file)]).toEqual([everything, false]);
    await restart(next);
    await expectAllWorks();
    await expect(ControlFixture.open({ sealingKeys: "too-short" })).rejects.toMatchObject({
      code: "not_configured",
      message: expect.not.stringContaining("too-short"),
    });
    writeFileSync(file, `${next}\n`, { mode: 0o600 });
  });

  it("is not counted where somebody else sealed the text meanwhile", async () => {
    const old = readFileSync(file, "utf8").trim();
    const next = newKey();
    const { unitOfWork } = fixture.control.services;
    const sealer = createAesSealer([keyBytes(next), keyBytes(old)], systemRandom);
    let tx: WriteTransaction | undefined;
    const heard = Object.create(unitOfWork, {
      writeOrReplay: {
        value: (...[scope, actor, origin, body]: Parameters<UnitOfWork["writeOrReplay"]>) =>
          unitOfWork.writeOrReplay(scope, actor, origin, (begun) => {
            tx = begun;
            return body(begun);
          }),
      },
    }) as UnitOfWork;
    const others: Promise<unknown>[] = [];
    const raced = {
      ...sealer,
      seal: (text: string, context: string) => {
        if (context.startsWith("webhook:")) {
          // Between the look at it and the change of it.
          const secret = sealer.seal(text, context);
          others.push(Promise.resolve(tx?.db.updateTable("webhooks").set({ secret }).execute()));
        }
        return sealer.seal(text, context);
      },
    };
    const { resealed } = await resealSecrets(heard, raced, "test");
    await Promise.all(others);
    expect([resealed, others.length]).toEqual([everything.length - 1, 1]);
    writeFileSync(file, `${next}\n`);
    await restart();
    await expectAllWorks();
  });

  it("that came without the old one changes nothing: what does not open is counted, and opens when it is back", async () => {
    const { unitOfWork } = fixture.control.services;
    const before = await sealedTexts();
    const stranger = createAesSealer([keyBytes(newKey())], systemRandom);
    expect(await resealSecrets(unitOfWork, stranger, "test")).toEqual({
      resealed: 0,
      unopened: everything.length,
    });
    expect(await sealedTexts()).toEqual(before);
    await expectAllWorks();
  });
});
