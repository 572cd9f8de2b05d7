// Takes the router's own tool out of a stream: the caller sees its own calls, numbered from 0 without a hole.
import { choiceOf, isOtherCall, toChunk } from "../completion-stream.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../json-text.ts";
import { searchToolName } from "./request.ts";

export class ToolFilter {
  /** By the provider's number, which some providers give to all calls: ours, or the number that the caller sees. */
  readonly #numbers = new Map<number, { readonly id: string; readonly number: "ours" | number }>();
  #visible = 0;

  /** Whether the caller saw a call of its own. */
  get hasVisibleCalls(): boolean {
    return this.#visible > 0;
  }

  /** The chunk without our calls and without a finish; undefined: nothing is left. */
  pass(chunk: JsonObject, options: { readonly withRole: boolean }): JsonObject | undefined {
    const choice = choiceOf(chunk);
    if (!choice) return undefined;
    const { tool_calls: calls, role, ...rest } = choice.delta;
    const own = (Array.isArray(calls) ? (calls as readonly JsonValue[]) : []).flatMap((call) =>
      this.#own(call),
    );
    const hasText = Object.values(rest).some(
      (value) => value !== undefined && value !== null && value !== "",
    );
    if (own.length === 0 && !hasText && !(options.withRole && role !== undefined)) return undefined;
    const delta: JsonObject = {
      ...(options.withRole && role !== undefined ? { role } : {}),
      ...rest,
      ...(own.length > 0 ? { tool_calls: own } : {}),
    };
    return toChunk(chunk, delta, null);
  }

  #own(call: JsonValue): JsonObject[] {
    if (!isJsonObject(call)) return [];
    const at = typeof call.index === "number" ? call.index : 0;
    const id = typeof call.id === "string" ? call.id : "";
    const known = this.#numbers.get(at);
    if (known && !isOtherCall(call, known.id)) {
      return known.number === "ours" ? [] : [{ ...call, index: known.number }];
    }
    const isOurs = isJsonObject(call.function) && call.function.name === searchToolName;
    const number = isOurs ? "ours" : this.#visible;
    this.#numbers.set(at, { id, number });
    if (number === "ours") return [];
    this.#visible += 1;
    return [{ ...call, index: number }];
  }
}
