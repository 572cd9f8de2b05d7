// What providers turned out not to take, learned from their refusals and forgotten after a while: a server is
// upgraded, a model behind a name is replaced.

/** One way of asking: a rung of structured output, Anthropic's endpoint, tools. */
export type Feature = "strict" | "loose" | "tool" | "object" | "prompt" | "messages" | "search_tool";

const rememberMs = 600_000;
const endpointsMax = 10_000;

export class CapabilityMemory {
  readonly #denied = new Map<string, Map<Feature, number>>();

  /** `endpoint`: one model at one provider. */
  isDenied(endpoint: string, feature: Feature, nowMs: number): boolean {
    return (this.#denied.get(endpoint)?.get(feature) ?? Number.NEGATIVE_INFINITY) > nowMs;
  }

  deny(endpoint: string, feature: Feature, nowMs: number): void {
    const features = this.#denied.get(endpoint) ?? new Map<Feature, number>();
    features.set(feature, nowMs + rememberMs);
    // Set anew, so that what is first is what was learned longest ago.
    this.#denied.delete(endpoint);
    this.#denied.set(endpoint, features);
    const [oldest] = this.#denied.keys();
    if (this.#denied.size > endpointsMax && oldest !== undefined) this.#denied.delete(oldest);
  }
}
