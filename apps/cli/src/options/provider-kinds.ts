/** What a provider may speak. */
export const providerKinds = ["openai", "openrouter", "serper", "searxng"] as const;
