// Whose providers are meant: the fleet's, with --for-me one's own, with --platform the installation's. The requests are
// the same.
import { toDisplayText } from "@cmdop/base";
import type { ControlSchemas } from "@cmdop/sdk";
import { usageError } from "./cli-error.ts";
import type { Context } from "./context.ts";
import { chooseNamed } from "./find/choose-named.ts";

type Provider = ControlSchemas["Provider"];
type Body = Partial<Pick<Provider, "baseUrl" | "models">> & {
  keys?: string[];
  headers?: Record<string, string>;
};
type Reply<Data> = Promise<{ readonly data?: Data }>;

export interface ProvidersPlace {
  readonly owner: Provider["owner"];
  /** As it begins a sentence. */
  readonly title: string;
  /** What leads to this place; empty: the fleet's. */
  readonly option: "" | " --for-me" | " --platform";
  /** A fleet's list has those of the installation too. */
  list(): Reply<{ items: Provider[] }>;
  create(body: Body & Pick<Provider, "name" | "kind">): Reply<Provider>;
  update(provider: string, headers: { "if-match": string }, body: Body): Reply<Provider>;
  remove(provider: string): Promise<unknown>;
}

export const openProvidersPlace = async (context: Context): Promise<ProvidersPlace> => {
  const { options } = context;
  const [isMine, isShared] = [options.flag("for-me"), options.flag("platform")];
  if (isMine && isShared) {
    throw usageError("--for-me and --platform are two places.", "Leave one of them out.");
  }
  if (isMine) return await ofAccount(context);
  return isShared ? await ofInstallation(context) : await ofFleet(context);
};

/** By name or id. */
export const findProvider = async (
  { list, owner, title, option }: ProvidersPlace,
  wanted: string,
): Promise<Provider> => {
  const { data } = await list();
  const own = (data?.items ?? []).filter((provider) => provider.owner === owner);
  return chooseNamed(own, wanted, {
    what: "provider",
    list: `providers list${option}`,
    namesOf: ({ name }) => [name],
    none: `${title} no provider ${toDisplayText(wanted, 100)}.`,
  });
};

const ofFleet = async ({ control, fleet: current, signal }: Context): Promise<ProvidersPlace> => {
  const client = await control();
  const fleet = await current();
  return {
    owner: "fleet",
    title: "The fleet has",
    option: "",
    list: () => client.GET("/v1/fleets/{fleet}/providers", { params: { path: { fleet } }, signal }),
    create: (body) =>
      client.POST("/v1/fleets/{fleet}/providers", { params: { path: { fleet } }, body, signal }),
    update: (provider, headers, body) =>
      client.PATCH("/v1/fleets/{fleet}/providers/{provider}", {
        params: { path: { fleet, provider } },
        headers,
        body,
        signal,
      }),
    remove: (provider) =>
      client.DELETE("/v1/fleets/{fleet}/providers/{provider}", {
        params: { path: { fleet, provider } },
        signal,
      }),
  };
};

const ofAccount = async ({ control, signal }: Context): Promise<ProvidersPlace> => {
  const client = await control();
  return {
    owner: "account",
    title: "You have",
    option: " --for-me",
    list: () => client.GET("/v1/account/providers", { signal }),
    create: (body) => client.POST("/v1/account/providers", { body, signal }),
    update: (provider, headers, body) =>
      client.PATCH("/v1/account/providers/{provider}", {
        params: { path: { provider } },
        headers,
        body,
        signal,
      }),
    remove: (provider) =>
      client.DELETE("/v1/account/providers/{provider}", { params: { path: { provider } }, signal }),
  };
};

const ofInstallation = async ({ control, signal }: Context): Promise<ProvidersPlace> => {
  const client = await control();
  return {
    owner: "installation",
    title: "The installation shares",
    option: " --platform",
    list: () => client.GET("/v1/providers", { signal }),
    create: (body) => client.POST("/v1/providers", { body, signal }),
    update: (provider, headers, body) =>
      client.PATCH("/v1/providers/{provider}", { params: { path: { provider } }, headers, body, signal }),
    remove: (provider) =>
      client.DELETE("/v1/providers/{provider}", { params: { path: { provider } }, signal }),
  };
};
