// What of a published OpenAPI document would break its users in a newer one: what they call is gone, what they read is
// gone or may be absent, what they send is not enough or not taken any more. More answers and more options break nobody.

type Json = Readonly<Record<string, unknown>>;

interface Documents {
  readonly published: Json;
  readonly current: Json;
}

const depthMax = 24;
const methods = ["get", "put", "post", "patch", "delete"] as const;

const object = (value: unknown): Json =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const at = (document: unknown, ...keys: readonly string[]): Json =>
  keys.reduce<Json>((found, key) => object(found[key]), object(document));

const resolve = (document: Json, schema: unknown): Json => {
  const { $ref } = object(schema);
  if (typeof $ref !== "string") return object(schema);
  const keys = $ref.slice(2).split("/");
  return at(document, ...keys.map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~")));
};

const typesOf = (schema: Json): readonly string[] => {
  if (typeof schema.type === "string") return [schema.type];
  if (Array.isArray(schema.type)) return schema.type.map(String);
  return [];
};

/** A number takes every integer. */
const isTaken = (types: readonly string[], type: string): boolean =>
  types.includes(type) || (type === "integer" && types.includes("number"));

export const findApiBreaks = (documents: Documents): readonly string[] => {
  const { published, current } = documents;
  const breaks: string[] = [];
  for (const [path, operations] of Object.entries(at(published, "paths"))) {
    for (const method of methods) {
      const before = at(operations, method);
      if (Object.keys(before).length === 0) continue;
      const now = at(current, "paths", path, method);
      const name = `${method.toUpperCase()} ${path}`;
      if (Object.keys(now).length === 0) breaks.push(`${name} is gone`);
      else breaks.push(...compareOperation(documents, { name, before, now }));
    }
  }
  return breaks;
};

const compareOperation = (
  documents: Documents,
  { name, before, now }: { readonly name: string; readonly before: Json; readonly now: Json },
): readonly string[] => {
  const breaks: string[] = [];
  for (const [status, answer] of Object.entries(at(before, "responses"))) {
    if (!/^2\d\d$/.test(status)) continue;
    const answered = at(now, "responses", status);
    if (!("responses" in now) || !(status in object(now.responses))) {
      breaks.push(`${name} does not answer ${status} any more`);
      continue;
    }
    for (const [type, { schema }] of Object.entries(at(answer, "content")) as [string, Json][]) {
      const current = at(answered, "content", type);
      if (!("schema" in current)) breaks.push(`${name} does not answer ${type} any more`);
      else breaks.push(...compareAnswer(documents, [schema, current.schema], `${name} ${status}`, 0));
    }
  }
  breaks.push(...compareParameters(list(before.parameters), list(now.parameters), name));
  const bodies = [before, now].map((one) => at(one, "requestBody"));
  const [sent, taken] = bodies.map((body) => at(body, "content", "application/json").schema);
  if (!bodies[0]?.required && bodies[1]?.required) breaks.push(`${name} needs a body now`);
  else breaks.push(...compareRequest(documents, [sent, taken], `${name} body`, 0));
  return breaks;
};

const compareParameters = (
  before: readonly unknown[],
  now: readonly unknown[],
  name: string,
): readonly string[] => {
  const keyOf = (parameter: unknown): string => `${object(parameter).in} ${object(parameter).name}`;
  const known = new Map(before.map((one) => [keyOf(one), object(one)]));
  const current = new Set(now.map(keyOf));
  return [
    ...[...known.keys()]
      .filter((key) => !current.has(key))
      .map((key) => `${name}: ${key} is not taken any more`),
    ...now
      .filter((one) => object(one).required === true && known.get(keyOf(one))?.required !== true)
      .map((one) => `${name} needs ${keyOf(one)} now`),
  ];
};

type Pair = readonly [unknown, unknown];

/** What is read: all that was there stays, and stays there. */
const compareAnswer = (documents: Documents, pair: Pair, where: string, depth: number): readonly string[] => {
  if (depth > depthMax || pair[0] === undefined) return [];
  const before = resolve(documents.published, pair[0]);
  const now = resolve(documents.current, pair[1]);
  const breaks: string[] = [];
  const types = typesOf(before);
  const added = typesOf(now).filter((type) => types.length > 0 && !isTaken(types, type));
  if (added.length > 0) breaks.push(`${where} may be ${added.join(", ")} now`);
  const properties = at(now, "properties");
  for (const [key, schema] of Object.entries(at(before, "properties"))) {
    const place = `${where} /${key}`;
    if (!(key in properties)) breaks.push(`${place} is gone`);
    else {
      const wasThere = list(before.required).includes(key);
      if (wasThere && !list(now.required).includes(key)) breaks.push(`${place} may be absent now`);
      breaks.push(...compareAnswer(documents, [schema, properties[key]], place, depth + 1));
    }
  }
  if (before.items)
    breaks.push(...compareAnswer(documents, [before.items, now.items], `${where} []`, depth + 1));
  return breaks;
};

/** What is sent: what was enough is enough, what was taken is taken. */
const compareRequest = (
  documents: Documents,
  pair: Pair,
  where: string,
  depth: number,
): readonly string[] => {
  if (depth > depthMax || pair[1] === undefined) return [];
  const before = resolve(documents.published, pair[0]);
  const now = resolve(documents.current, pair[1]);
  const breaks: string[] = [];
  const types = typesOf(now);
  const refused = typesOf(before).filter((type) => types.length > 0 && !isTaken(types, type));
  if (refused.length > 0) breaks.push(`${where} may not be ${refused.join(", ")} any more`);
  for (const key of list(now.required).map(String)) {
    if (!list(before.required).includes(key)) breaks.push(`${where} /${key} is needed now`);
  }
  const values = list(now.enum);
  const gone = list(before.enum).filter((value) => values.length > 0 && !values.includes(value));
  if (gone.length > 0) breaks.push(`${where} may not be ${gone.join(", ")} any more`);
  const properties = at(now, "properties");
  for (const [key, schema] of Object.entries(at(before, "properties"))) {
    const place = `${where} /${key}`;
    if (!(key in properties)) breaks.push(`${place} is not taken any more`);
    else breaks.push(...compareRequest(documents, [schema, properties[key]], place, depth + 1));
  }
  if (before.items)
    breaks.push(...compareRequest(documents, [before.items, now.items], `${where} []`, depth + 1));
  return breaks;
};
