// Sends wild requests, and keeps what answers give (ids, marks of pages, versions, secrets) for those that follow.
import { Pool } from "undici";
import type { ControlFixture, TestAccount, TestAnswer } from "../control-fixture.ts";
import type { TestIdentityProvider } from "../identity-provider.ts";
import { isJson } from "./answer-check.ts";
import type { Route } from "./api-document.ts";
import type { WildRequest } from "./arbitrary-requests.ts";
import { Pick } from "./arbitrary-values.ts";
import { Tour } from "./tour.ts";
import { tourOfFleets } from "./tour-of-fleets.ts";
import { tourOfMachines } from "./tour-of-machines.ts";
import { tourOfPeople } from "./tour-of-people.ts";
import { firstOf } from "./wild-answers.ts";

const keptMax = 400;

export class WildClient {
  readonly #fixture: ControlFixture;
  readonly #pool: Pool;
  readonly #routes: readonly Route[];
  readonly #known = new Map<string, string[]>();
  readonly #good = new Set<string>();
  readonly #goodWild = new Set<string>();
  readonly #fleets: string[] = [];
  readonly #statuses = new Map<string, number>();
  #owner: TestAccount;
  #member: TestAccount;
  #renewal: Promise<void> | undefined;

  private constructor(
    fixture: ControlFixture,
    routes: readonly Route[],
    accounts: readonly [TestAccount, TestAccount],
  ) {
    this.#fixture = fixture;
    this.#routes = routes;
    this.#pool = new Pool(fixture.url, { connections: 16, pipelining: 1 });
    [this.#owner, this.#member] = accounts;
  }

  static async open(fixture: ControlFixture, routes: readonly Route[]): Promise<WildClient> {
    const owner = await fixture.addAccount("fuzz-owner", "owner");
    const member = await fixture.addAccount("fuzz-member");
    const client = new WildClient(fixture, routes, [owner, member]);
    for (const slug of ["wild", "calm"]) {
      const fleet = await fixture.ask("POST", "/v1/fleets", {
        token: owner.token,
        body: { name: slug, slug },
      });
      await fixture.addMember(fleet.body.id, member.accountId, "viewer");
      client.#fleets.push(fleet.body.id);
      client.#keep("fleet", slug);
      client.#keep("fleet", fleet.body.id);
      client.#keep("id", fleet.body.id);
    }
    client.#keep("id", owner.accountId);
    return client;
  }

  /** Goes well-behaved through the operations, and gives what it asked. */
  async tour(identity: TestIdentityProvider): Promise<readonly WildRequest[]> {
    const tour = new Tour(this.#fixture, this.#routes, (route, answer) =>
      this.#keepWhatIsGiven(route, answer),
    );
    const { body: fleet } = await this.#fixture.ask("POST", "/v1/fleets", {
      token: this.#owner.token,
      body: { name: "Tour", slug: "tour" },
    });
    this.#fleets.push(fleet.id);
    this.#keep("fleet", fleet.id);
    await tourOfPeople(tour, identity);
    await tourOfFleets(tour, this.#owner, fleet.id);
    await tourOfMachines(tour, this.#owner, fleet.id);
    return tour.taken;
  }

  /** Which operations have never succeeded. */
  get neverAnsweredWell(): readonly string[] {
    return this.#routes.map(({ operation }) => operation.operationId).filter((id) => !this.#good.has(id));
  }

  /** How many operations have succeeded for a wild request. */
  get answeredWellWild(): number {
    return this.#goodWild.size;
  }

  /** Gives back what the requests need and have ended: fleets that are deleted, accounts that are disabled. */
  async upkeep(): Promise<void> {
    await this.#fixture.change(async ({ db }) => {
      await db
        .updateTable("fleets")
        .set({ disabled_at: null, delete_after: null })
        .where("id", "in", this.#fleets)
        .execute();
      const accounts = [this.#owner.accountId, this.#member.accountId];
      await db.updateTable("accounts").set({ disabled_at: null }).where("id", "in", accounts).execute();
      await db.deleteFrom("sign_in_throttles").execute();
    });
    await this.#renew();
  }

  summary(): string {
    const statuses = [...this.#statuses]
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([status, count]) => `${status}: ${count}`);
    return statuses.join(", ");
  }

  async send(request: WildRequest): Promise<{ readonly answer: TestAnswer; readonly sent: string }> {
    const { route } = request;
    const url = this.#urlOf(request);
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(request.headers)) headers[name] = this.#text(value);
    const token = this.#tokenOf(request.caller);
    if (token !== undefined) headers.authorization = `Bearer ${token}`;
    const { body } = request;
    const bytes =
      body === undefined ? undefined : "raw" in body ? body.raw : this.#bytesOf(body.type, body.value);
    if (body !== undefined) headers["content-type"] = body.type;
    const response = await this.#pool.request({
      method: route.method as "GET",
      path: url,
      headers,
      ...(bytes === undefined ? {} : { body: bytes }),
    });
    const isEndless = String(response.headers["content-type"]).startsWith("text/event-stream");
    const text = isEndless ? await firstOf(response.body) : await response.body.text();
    const type = String(response.headers["content-type"]);
    const given = text === "" ? undefined : isJson(type) ? JSON.parse(text) : text;
    const answer: TestAnswer = { status: response.statusCode, body: given, headers: response.headers };
    this.#learn(request, url, answer);
    if (answer.status === 401 && token !== undefined && token === this.#ownToken(request.caller)) {
      await this.#renew();
    }
    const shown = bytes === undefined ? "" : ` ${bytes.toString("latin1")}`;
    return {
      answer,
      sent: `${request.caller} ${route.method} ${url} ${JSON.stringify(request.headers)}${shown} → ${text.slice(0, 300)}`,
    };
  }

  #urlOf({ route, path, query }: WildRequest): string {
    const at = route.path.replace(/\{(\w+)\}/g, (_, name: string) => encode(this.#text(path[name])));
    const search = query.map(([name, value]) => `${encode(name)}=${encode(this.#text(value))}`).join("&");
    return search === "" ? at : `${at}?${search}`;
  }

  #bytesOf(type: string, value: unknown): Buffer {
    const resolved = this.#resolve(value);
    if (type.includes("urlencoded") && typeof resolved === "object" && resolved !== null) {
      const fields = Object.entries(resolved).map(
        ([name, one]) => `${encode(name)}=${encode(this.#text(one))}`,
      );
      return Buffer.from(fields.join("&"));
    }
    return Buffer.from(JSON.stringify(resolved) ?? "");
  }

  #resolve(value: unknown): unknown {
    if (value instanceof Pick) return this.#text(value);
    if (Array.isArray(value)) return value.map((item) => this.#resolve(item));
    if (typeof value !== "object" || value === null) return value;
    const names = Object.getOwnPropertyNames(value);
    // By definition, not by assignment: __proto__ is a name like any other here.
    return names.reduce<object>(
      (copy, name) =>
        Object.defineProperty(copy, name, {
          value: this.#resolve(Reflect.get(value, name)),
          enumerable: true,
          configurable: true,
        }),
      {},
    );
  }

  #text(value: unknown): string {
    if (value instanceof Pick) {
      const known = this.#known.get(value.of) ?? this.#known.get("id") ?? [];
      return known[value.index % known.length] ?? "none";
    }
    return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  }

  #tokenOf(caller: WildRequest["caller"]): string | undefined {
    if (caller === "nobody") return undefined;
    return this.#ownToken(caller) ?? this.#text(new Pick("secret", this.#statuses.size));
  }

  #ownToken(caller: WildRequest["caller"]): string | undefined {
    if (caller === "owner") return this.#owner.token;
    return caller === "member" ? this.#member.token : undefined;
  }

  #keep(name: string, value: string): void {
    const kept = this.#known.get(name) ?? [];
    if (kept.includes(value)) return;
    if (kept.length >= keptMax) kept.shift();
    kept.push(value);
    this.#known.set(name, kept);
  }

  #learn({ route }: WildRequest, url: string, answer: TestAnswer): void {
    const { status, body } = answer;
    const outcome = `${status} ${typeof body?.code === "string" ? body.code : ""}`.trim();
    this.#statuses.set(outcome, (this.#statuses.get(outcome) ?? 0) + 1);
    if (status >= 400) return;
    this.#goodWild.add(route.operation.operationId);
    if (route.method === "DELETE") this.#forget(new URL(url, "http://x").pathname);
    this.#keepWhatIsGiven(route, answer);
  }

  #keepWhatIsGiven(route: Route, { body, headers }: TestAnswer): void {
    this.#good.add(route.operation.operationId);
    if (typeof headers.etag === "string") this.#keep("etag", headers.etag);
    if (typeof body !== "object" || body === null) return;
    if (typeof body.nextCursor === "string") this.#keep("cursor", body.nextCursor);
    if (typeof body.secret === "string") this.#keep("secret", body.secret);
    for (const item of [body, ...(Array.isArray(body.items) ? body.items : [])]) {
      if (typeof item?.id !== "string") continue;
      this.#keep("id", item.id);
      const name = this.#parameterUnder(route.path);
      if (name !== undefined) this.#keep(name, item.id);
    }
  }

  /** What was just ended is of little use; a few are kept, since what is gone must be refused well too. */
  #forget(path: string): void {
    const ended = decodeURIComponent(path.split("/").at(-1) ?? "");
    if (this.#fleets.includes(ended)) return;
    for (const [name, kept] of this.#known) {
      if (kept.length > 20)
        this.#known.set(
          name,
          kept.filter((one) => one !== ended),
        );
    }
  }

  /** What the things of a list at this path are called in the paths of their own. */
  #parameterUnder(path: string): string | undefined {
    const under = this.#routes.find((other) => other.path.startsWith(`${path}/{`));
    return under === undefined ? undefined : /^\{(\w+)\}/.exec(under.path.slice(path.length + 1))?.[1];
  }

  /** The fuzz signs its own accounts out now and then. Those in flight that are refused with one token share a renewal. */
  #renew(): Promise<void> {
    this.#renewal ??= this.#renewTokens().finally(() => {
      this.#renewal = undefined;
    });
    return this.#renewal;
  }

  async #renewTokens(): Promise<void> {
    const owner = await this.#fixture.addCredential(this.#owner.accountId, "cli");
    const member = await this.#fixture.addCredential(this.#member.accountId, "cli");
    this.#owner = { ...this.#owner, token: owner.token };
    this.#member = { ...this.#member, token: member.token };
  }

  close(): Promise<void> {
    return this.#pool.close();
  }
}

const encode = (text: string): string => encodeURIComponent(text.toWellFormed());
