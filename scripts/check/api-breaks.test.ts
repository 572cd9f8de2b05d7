import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { findApiBreaks } from "./api-breaks.ts";

const schema = {
  type: "object",
  required: ["id"],
  properties: { id: { type: "string" }, note: { type: "string" } },
};
const published = {
  paths: {
    "/v1/things": {
      get: {
        parameters: [{ in: "query", name: "limit", required: false }],
        responses: {
          200: {
            content: {
              "application/json": {
                schema: { type: "array", items: { $ref: "#/components/schemas/Thing" } },
              },
            },
          },
        },
      },
      post: {
        requestBody: {
          required: true,
          content: { "application/json": { schema: { ...schema, required: [] } } },
        },
        responses: { 201: { content: { "application/json": { schema } } } },
      },
    },
  },
  components: { schemas: { Thing: schema } },
};

type Document = typeof published;

const changed = (change: (document: Document) => unknown): readonly string[] => {
  // Through text: what is shared inside the one must not be in the other.
  const current = JSON.parse(JSON.stringify(published)) as Document;
  change(current);
  return findApiBreaks({ published, current });
};

it.each<[string, (document: Document) => unknown, readonly string[]]>([
  ["nothing", () => undefined, []],
  [
    "a path that is gone",
    (it) => Reflect.deleteProperty(it.paths, "/v1/things"),
    ["GET /v1/things is gone", "POST /v1/things is gone"],
  ],
  [
    "an operation that is gone",
    (it) => Reflect.deleteProperty(it.paths["/v1/things"], "post"),
    ["POST /v1/things is gone"],
  ],
  [
    "an answer's field that is gone",
    (it) => Reflect.deleteProperty(it.components.schemas.Thing.properties, "note"),
    ["GET /v1/things 200 [] /note is gone"],
  ],
  [
    "an answer's field that may be absent",
    (it) => it.components.schemas.Thing.required.pop(),
    ["GET /v1/things 200 [] /id may be absent now"],
  ],
  [
    "an answer's field of another type",
    (it) => Object.assign(it.components.schemas.Thing.properties.id, { type: ["string", "null"] }),
    ["GET /v1/things 200 [] /id may be null now"],
  ],
  [
    "a request's field that is needed",
    (it) =>
      it.paths["/v1/things"].post.requestBody.content["application/json"].schema.required.push("id" as never),
    ["POST /v1/things body /id is needed now"],
  ],
  [
    "a parameter that is needed",
    (it) => Object.assign(it.paths["/v1/things"].get.parameters[0] ?? {}, { required: true }),
    ["GET /v1/things needs query limit now"],
  ],
  [
    "a parameter that is gone",
    (it) => it.paths["/v1/things"].get.parameters.pop(),
    ["GET /v1/things: query limit is not taken any more"],
  ],
  [
    "more of everything",
    (it) => Object.assign(it.components.schemas.Thing.properties, { more: { type: "string" } }),
    [],
  ],
])("finds %s", (_text, change, found) => {
  expect(changed(change)).toEqual(found);
});

it("finds nothing between the API's document and itself, and everything when it is empty", () => {
  const document = JSON.parse(readFileSync("services/control/openapi.published.json", "utf8"));
  expect(findApiBreaks({ published: document, current: document })).toEqual([]);
  expect(findApiBreaks({ published: document, current: { paths: {} } }).length).toBeGreaterThan(50);
});
