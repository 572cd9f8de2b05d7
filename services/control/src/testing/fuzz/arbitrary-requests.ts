// Requests for one operation of the document, from well-behaved to hostile.
import fc from "fast-check";
import type { ApiDocument, ApiParameter, Route } from "./api-document.ts";
import { hostileText, hostileValue, pick, spoilt, validValue } from "./arbitrary-values.ts";

export const callers = ["owner", "member", "nobody", "other"] as const;

export interface WildRequest {
  readonly route: Route;
  readonly caller: (typeof callers)[number];
  readonly path: Readonly<Record<string, unknown>>;
  readonly query: readonly (readonly [string, unknown])[];
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body:
    | { readonly type: string; readonly value: unknown }
    | { readonly type: string; readonly raw: Buffer }
    | undefined;
}

const mostly = <Value>(
  usual: fc.Arbitrary<Value>,
  odd: fc.Arbitrary<Value>,
  weight = 6,
): fc.Arbitrary<Value> => fc.oneof({ weight, arbitrary: usual }, { weight: 1, arbitrary: odd });

const pathValue = ({ name }: ApiParameter): fc.Arbitrary<unknown> =>
  mostly<unknown>(pick(name), fc.oneof(pick("id"), hostileText), 8);

const queryOf = (document: ApiDocument, parameters: readonly ApiParameter[]) =>
  fc
    .tuple(
      ...parameters.map((one) =>
        fc.option(
          mostly<unknown>(
            one.name === "cursor" ? pick("cursor") : validValue(document, one.schema),
            hostileValue,
          ),
          // None is given once in so many times.
          { nil: undefined, freq: one.required ? 9 : 2 },
        ),
      ),
    )
    .chain((values) => {
      const given = parameters.flatMap(({ name }, index) =>
        values[index] === undefined ? [] : [[name, values[index]] as const],
      );
      return mostly<readonly (readonly [string, unknown])[]>(
        fc.constant(given),
        fc.tuple(hostileText, hostileText).map((further) => [...given, further, ...given.slice(0, 1)]),
        12,
      );
    });

const headersOf = fc.record(
  {
    "if-match": mostly<unknown>(
      pick("etag"),
      fc.constantFrom('"1"', '"2"', "*", 'W/"1"', '"99999999999"', "x"),
    ),
    "idempotency-key": fc.oneof(
      fc.stringMatching(/^[a-z0-9]{1,20}$/),
      fc.constantFrom("same", "", "x".repeat(256), "\u00e9"),
    ),
    "x-request-id": fc.constantFrom("a-good-one-1", "bad one", "x".repeat(100)),
    accept: fc.constantFrom("*/*", "text/html", "application/xml", ""),
    origin: fc.constantFrom("null", "https://elsewhere.example"),
    "sec-fetch-site": fc.constantFrom("same-origin", "cross-site"),
    cookie: fc.constantFrom("__Host-cmdop=x", "=;=;", "a".repeat(500), "__proto__=1"),

    "content-encoding": fc.constantFrom("gzip", "identity"),
  },
  { requiredKeys: [] },
);

const mediaTypes = fc.constantFrom(
  "text/plain",
  "application/xml",
  "application/x-www-form-urlencoded",
  "application/json; charset=latin1",
  "multipart/form-data; boundary=x",
  "application/json;;",
  "nonsense",
);

const rawBody = fc.oneof(
  fc
    .constantFrom(
      "",
      "{",
      "[1,",
      "nul",
      '{"a":1e999}',
      '{"a":"\\ud800"}',
      '{"__proto__":{"a":1}}',
      '{"constructor":{"prototype":{"a":1}}}',
      `${'{"a":'.repeat(3_000)}1${"}".repeat(3_000)}`,
      `${"[".repeat(9_000)}${"]".repeat(9_000)}`,
      "\ufeff{}",
      '{"a":1,"a":2}',
      "a=b&a=c",
      "%00=%ff",
    )
    .map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
);

const caller: fc.Arbitrary<WildRequest["caller"]> = fc.oneof(
  { weight: 12, arbitrary: fc.constant("owner" as const) },
  { weight: 1, arbitrary: fc.constantFrom(...callers) },
);

/** As it succeeded before, or with one thing about it changed. */
const changed = (taken: WildRequest): fc.Arbitrary<WildRequest> => {
  const { body } = taken;
  const value = body !== undefined && "value" in body ? fc.constant(body.value) : undefined;
  return fc.record({
    route: fc.constant(taken.route),
    caller,
    path: fc.record(
      Object.fromEntries(
        Object.entries(taken.path).map(([name, one]) => [
          name,
          mostly<unknown>(fc.constant(one), pick(name), 3),
        ]),
      ),
    ),
    query: fc.constant(taken.query),
    headers: mostly<WildRequest["headers"]>(fc.constant(taken.headers), headersOf, 3),
    body:
      body === undefined || value === undefined
        ? fc.constant(body)
        : fc.oneof(value, spoilt(value), spoilt(value)).map((one) => ({ type: body.type, value: one })),
  });
};

/** Of one operation; a third of them made from those that have succeeded. */
export const arbitraryRequest = (
  document: ApiDocument,
  route: Route,
  taken: readonly WildRequest[],
): fc.Arbitrary<WildRequest> => {
  const known = taken
    .filter((one) => one.route.operation.operationId === route.operation.operationId)
    .map(changed);
  const wild = wildRequest(document, route);
  return known.length === 0
    ? wild
    : fc.oneof({ weight: 2, arbitrary: wild }, { weight: 1, arbitrary: fc.oneof(...known) });
};

const wildRequest = (document: ApiDocument, route: Route): fc.Arbitrary<WildRequest> => {
  const parameters = route.operation.parameters ?? [];
  const inPath = parameters.filter((one) => one.in === "path");
  const inQuery = parameters.filter((one) => one.in === "query");
  const [[type, content] = ["application/json", undefined]] = Object.entries(
    route.operation.requestBody?.content ?? {},
  );
  const valid = content ? validValue(document, content.schema) : fc.constant(undefined);
  const value = fc.oneof(
    { weight: 4, arbitrary: valid },
    { weight: 2, arbitrary: spoilt(valid) },
    { weight: 1, arbitrary: hostileValue },
  );
  const body: fc.Arbitrary<WildRequest["body"]> = content
    ? fc.oneof(
        { weight: 12, arbitrary: value.map((one) => ({ type, value: one })) },
        {
          weight: 1,
          arbitrary: fc.tuple(mediaTypes, value).map(([other, one]) => ({ type: other, value: one })),
        },
        { weight: 1, arbitrary: rawBody.map((raw) => ({ type, raw })) },
        { weight: 1, arbitrary: fc.constant(undefined) },
      )
    : mostly<WildRequest["body"]>(
        fc.constant(undefined),
        rawBody.map((raw) => ({ type, raw })),
        10,
      );
  return fc.record({
    route: fc.constant(route),
    caller,
    path: fc.record(Object.fromEntries(inPath.map((one) => [one.name, pathValue(one)]))),
    query: queryOf(document, inQuery),
    headers: fc.oneof(
      { weight: 3, arbitrary: fc.constant({}) },
      { weight: 4, arbitrary: fc.record({ "if-match": pick("etag") }) },
      { weight: 2, arbitrary: headersOf },
    ),
    body,
  });
};
