// Whether an answer is one that the document promises.
import { failureTable } from "@cmdop/base";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import type { TestAnswer } from "../control-fixture.ts";
import type { ApiDocument, JsonSchema, Route } from "./api-document.ts";

export interface AnswerCheck {
  /** What is wrong with it; undefined: nothing. */
  problemOf(route: Route, answer: TestAnswer): string | undefined;
}

/** One value, and not one in each line. */
export const isJson = (type: string): boolean => /^application\/([\w.-]+\+)?json\b/.test(type);

export const createAnswerCheck = (
  document: ApiDocument,
  /** It may answer that an outside service is away. Nothing else of the 5xx is allowed. */
  asksAbroad: (operationId: string) => boolean,
): AnswerCheck => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, inlineRefs: false });
  ajv.addSchema({ $id: "api", components: document.components });
  const bySchema = new Map<JsonSchema, ValidateFunction>();
  // What every operation answers alike is compiled once: compiling takes longer than all the answers of a run.
  const byText = new Map<string, ValidateFunction>();
  const validatorOf = (schema: JsonSchema): ValidateFunction => {
    const known = bySchema.get(schema);
    if (known) return known;
    const text = JSON.stringify(schema).replaceAll('"#/components/', '"api#/components/');
    const validator = byText.get(text) ?? ajv.compile(JSON.parse(text) as JsonSchema);
    byText.set(text, validator);
    bySchema.set(schema, validator);
    return validator;
  };
  return {
    problemOf: ({ operation }, { status, body, headers }) => {
      const row = Object.hasOwn(failureTable, String(body?.code))
        ? failureTable[body.code as keyof typeof failureTable]
        : undefined;
      if (status >= 500 && !(status === 503 && row && asksAbroad(operation.operationId))) {
        return `a status of ${status}: ${body?.code}`;
      }
      // The parser of HTTP refuses headers beyond its limit before there is a request to answer.
      if (status === 431 && body === undefined) return undefined;
      const promised =
        operation.responses[status] ?? (status >= 400 ? operation.responses.default : undefined);
      if (!promised) return `a status of ${status}, which the document does not name`;
      const contents = Object.entries(promised.content ?? {});
      const given = String(headers["content-type"] ?? "").split(";")[0];
      const [type, content] = contents.find(([one]) => one === given) ?? contents[0] ?? [];
      if (type === undefined || content === undefined || content.schema.type === "null") {
        return body === undefined ? undefined : "a body where none is promised";
      }
      // An address that no route takes is answered as a problem, an OAuth client's too.
      if (given !== type && !(given === "application/problem+json" && status === 404)) {
        return `${given} where ${type} is promised`;
      }
      if (given === "application/problem+json") {
        if (!row) return `an unknown code ${body?.code}`;
        if (row.http !== status || body.status !== status) return `${body.code} with ${status}`;
      }
      if (given !== type) return undefined;
      const validate = validatorOf(content.schema);
      // A stream may be empty; as JSON nothing is no value.
      if (validate(body ?? (isJson(type) ? undefined : ""))) return undefined;
      const [first] = validate.errors ?? [];
      return `an answer of ${status} that is not as promised: ${first?.instancePath} ${first?.message}`;
    },
  };
};
