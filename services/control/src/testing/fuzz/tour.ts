// A well-behaved client's walk over the operations: what the fuzz then spoils, and whose ids it then uses.
import { request as send } from "undici";
import type { ControlFixture, TestAnswer } from "../control-fixture.ts";
import type { Route } from "./api-document.ts";
import type { WildRequest } from "./arbitrary-requests.ts";
import { firstOf } from "./wild-answers.ts";

export interface TourStep {
  /** A token, or the cookie of a browser; neither: nobody. */
  readonly token?: string | undefined;
  readonly cookie?: string | undefined;
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly ifMatch?: unknown;
}

const formType = "application/x-www-form-urlencoded";

export class Tour {
  readonly fixture: ControlFixture;
  readonly #routes: ReadonlyMap<string, Route>;
  readonly #answered: (route: Route, answer: TestAnswer) => void;
  /** What succeeded, once for each operation and shape: to be spoilt. */
  readonly taken: WildRequest[] = [];

  constructor(
    fixture: ControlFixture,
    routes: readonly Route[],
    answered: (route: Route, answer: TestAnswer) => void,
  ) {
    this.fixture = fixture;
    this.#routes = new Map(routes.map((route) => [route.operation.operationId, route]));
    this.#answered = answered;
  }

  /** Asks, and throws unless the operation succeeds. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it knows to be there
  async take(operationId: string, step: TourStep = {}): Promise<any> {
    return (await this.answer(operationId, step)).body;
  }

  async answer(operationId: string, step: TourStep = {}): Promise<TestAnswer> {
    const route = this.#routes.get(operationId);
    if (!route) throw new Error(`no operation ${operationId}`);
    const { token, cookie, path = {}, query = {}, body, ifMatch } = step;
    const at = route.path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(path[name] ?? ""));
    const search = new URLSearchParams(query).toString();
    const isForm = formType in (route.operation.requestBody?.content ?? {});
    const headers = {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(cookie === undefined ? {} : { cookie, "sec-fetch-site": "same-origin" }),
      ...(ifMatch === undefined ? {} : { "if-match": String(ifMatch) }),
      ...(body === undefined ? {} : { "content-type": isForm ? formType : "application/json" }),
    };
    const response = await send(`${this.fixture.url}${at}${search === "" ? "" : `?${search}`}`, {
      method: route.method as "GET",
      headers,
      ...(body === undefined
        ? {}
        : {
            body: isForm
              ? new URLSearchParams(body as Record<string, string>).toString()
              : JSON.stringify(body),
          }),
    });
    const isEndless = String(response.headers["content-type"]).startsWith("text/event-stream");
    const text = isEndless ? await firstOf(response.body) : await response.body.text();
    const isJson = String(response.headers["content-type"]).includes("json") && !text.includes("}\n{");
    const answer: TestAnswer = {
      status: response.statusCode,
      body: text !== "" && isJson ? JSON.parse(text) : undefined,
      headers: response.headers,
    };
    if (answer.status >= 400) throw new Error(`${operationId} ${at}: ${answer.status} ${text}`);
    this.#answered(route, answer);
    this.taken.push({
      route,
      caller: "owner",
      path,
      query: Object.entries(query),
      headers: ifMatch === undefined ? {} : { "if-match": ifMatch },
      body: body === undefined ? undefined : { type: isForm ? formType : "application/json", value: body },
    });
    return answer;
  }
}
