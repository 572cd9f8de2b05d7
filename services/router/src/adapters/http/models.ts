import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { JsonObject } from "../../core/json-text.ts";
import { type Refusal, refuse } from "../../core/refusals.ts";
import { type ListedModel, listModels, resolveRoute } from "../../core/route-table.ts";
import type { Caller, RoutingSource } from "../../ports.ts";

export interface ModelsOptions {
  readonly routing: RoutingSource;
  callerOf(request: FastifyRequest): Caller;
  refused(request: FastifyRequest, reply: FastifyReply, refusal: Refusal): FastifyReply;
}

/** GET /v1/models and /v1/models/{id}: OpenAI's shape, with what is known of each beside it. */
export const serveModels = (app: FastifyInstance, { routing, callerOf, refused }: ModelsOptions): void => {
  app.get("/v1/models", (request) => {
    const { providers } = callerOf(request);
    return { object: "list", data: listModels(routing.current().table, providers).map(toModel) };
  });
  app.get<{ Params: { "*": string } }>("/v1/models/*", (request, reply) => {
    const { table } = routing.current();
    const id = request.params["*"];
    const { providers } = callerOf(request);
    const listed = listModels(table, providers).find((model) => model.id === id);
    if (listed) return toModel(listed);
    const route = resolveRoute(table, id, providers);
    if (route.kind === "refusal") {
      const said = route.row === "model_not_found" ? { message: route.message } : {};
      return refused(request, reply, refuse("model_not_found", { ...said, param: "model" }));
    }
    const [first] = route.candidates;
    return toModel({
      id,
      ownedBy: first.provider.name,
      capabilities: first.capabilities ?? [],
      contextTokens: undefined,
      price: first.price,
      resolvesTo: route.candidates.map(({ modelId }) => modelId),
    });
  });
};

const toModel = ({
  id,
  ownedBy,
  capabilities,
  contextTokens,
  price,
  resolvesTo,
}: ListedModel): JsonObject => ({
  id,
  object: "model",
  // OpenAI's clients expect a number; the table has no dates.
  created: 0,
  owned_by: ownedBy,
  capabilities,
  ...(contextTokens === undefined ? {} : { context_length: contextTokens }),
  ...(price ? { pricing: { input_per_million_usd: price.input, output_per_million_usd: price.output } } : {}),
  ...(resolvesTo ? { resolves_to: resolvesTo } : {}),
});
