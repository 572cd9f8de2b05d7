// What a key may ask for that has a list of models. A body may name others beside its own (OpenRouter's `models` and
// plugins, fallbacks, tools that ask a model themselves), and providers think of new ways to.
//
// I1 A plugin or a tool that is not known to ask no model is refused.
// I2 Each text below a name that speaks of models, fallbacks or presets is on the list.
import { isJsonObject, type JsonObject, type JsonValue } from "./json-text.ts";
import type { Call } from "./protocol.ts";
import { type Refusal, refuse } from "./refusals.ts";

/** `models`: the key's list; undefined: it has none. */
export const refusedByList = (
  models: readonly string[] | undefined,
  { model, body }: Pick<Call, "model" | "body">,
): Refusal | undefined => {
  if (models === undefined) return undefined;
  if (!isListed(models, model)) return refuse("model_not_allowed", { param: "model" });
  const found = Object.entries(body).find(
    ([name, value]) => name !== "model" && !isTopWithin(models, name, value),
  );
  if (!found) return undefined;
  const param = found[0].slice(0, paramCharsMax);
  return refuse("model_not_allowed", {
    message: `The API key may use the models on its list alone: ${param} names another one, or what may ask another one.`,
    param,
  });
};

const paramCharsMax = 64;

/** An alias on the list stands for itself with any modifiers: they only narrow it. */
const isListed = (models: readonly string[], model: string): boolean =>
  models.includes(model.startsWith("@") ? model.replace(/[+:].*$/, "") : model.replace(/:online$/, "")) ||
  models.includes(model);

/** The conversation, schemas and notes: what they hold may be called anything, and asks nobody. */
const textMembers: ReadonlySet<string> = new Set([
  "messages",
  "input",
  "system",
  "prompt",
  "metadata",
  "response_format",
  "text",
  "output_config",
  "output_format",
  "functions",
  "chat_template_kwargs",
  "guided_json",
  "structured_outputs",
]);

const isTopWithin = (models: readonly string[], name: string, value: JsonValue | undefined): boolean => {
  if (!textMembers.has(name)) return isWithin(models, name, value);
  // Items of Responses bring tools too.
  if (name !== "input" || !Array.isArray(value)) return true;
  return (value as readonly JsonValue[]).every(
    (item) => !isJsonObject(item) || isWithin(models, "tools", item.tools),
  );
};

const namingForm = /model|fallback|preset/i;

const isWithin = (models: readonly string[], name: string, value: JsonValue | undefined): boolean => {
  if (value === undefined || value === null) return true;
  // Some servers take a member's name in any case.
  const meant = name.toLowerCase();
  if (meant === "tools") return isListOf(value, (tool) => isToolWithin(models, tool));
  if (meant === "plugins") return isListOf(value, (plugin) => isPluginWithin(models, plugin));
  if (namingForm.test(name)) return areTextsListed(models, value);
  return typeof value !== "object" || areMembersWithin(models, value);
};

const areMembersWithin = (models: readonly string[], value: object): boolean =>
  Object.entries(value).every(([name, member]) => isWithin(models, name, member));

const isListOf = (value: JsonValue, isGood: (item: JsonObject) => boolean): boolean =>
  Array.isArray(value) && value.every((item) => isJsonObject(item) && isGood(item));

const areTextsListed = (models: readonly string[], value: JsonValue | undefined): boolean =>
  typeof value === "string"
    ? isListed(models, value)
    : typeof value !== "object" ||
      value === null ||
      Object.values(value).every((member) => areTextsListed(models, member));

/** https://openrouter.ai/docs/guides/features/plugins */
const lonePlugins: ReadonlySet<JsonValue | undefined> = new Set([
  "web",
  "web-fetch",
  "file-parser",
  "response-healing",
  "context-compression",
  "moderation",
]);

const isPluginWithin = (models: readonly string[], plugin: JsonObject): boolean =>
  plugin.enabled === false || (lonePlugins.has(plugin.id) && areMembersWithin(models, plugin));

/** OpenAI's, Anthropic's and OpenRouter's, without the latter's prefix and without a date. */
const loneTools: ReadonlySet<string> = new Set([
  ...["web_search", "web_search_preview", "web_fetch", "file_search", "datetime", "files", "memory"],
  ...["mcp", "mcp_toolset", "namespace", "tool_search", "tool_search_tool_regex", "tool_search_tool_bm25"],
  ...["code_interpreter", "code_execution", "programmatic_tool_calling"],
  ...["bash", "shell", "local_shell", "apply_patch", "text_editor"],
  ...["computer", "computer_use", "computer_use_preview", "computer_toolset", "browser_toolset"],
]);

const openRouterPrefix = "openrouter:";

const isToolWithin = (models: readonly string[], tool: JsonObject): boolean => {
  const { type } = tool;
  // The caller's own: their schemas may hold anything. Anthropic's have no type.
  if (type === undefined || type === "function" || type === "custom") return true;
  if (typeof type !== "string") return false;
  const isOpenRouters = type.startsWith(openRouterPrefix);
  const kind = (isOpenRouters ? type.slice(openRouterPrefix.length) : type).replace(
    /_\d{4}_?\d{2}_?\d{2}$/,
    "",
  );
  const asked = isOpenRouters ? tool.parameters : tool;
  // One that names no model is drawn by the provider's own choice.
  const isKnown =
    kind === "image_generation"
      ? isJsonObject(asked) && typeof asked.model === "string"
      : loneTools.has(kind);
  return isKnown && areMembersWithin(models, tool);
};
