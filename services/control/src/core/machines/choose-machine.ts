// Which machine somebody means: by id, else by exact hostname, else by exact name, else by the beginning of either.

export interface NamedMachine {
  readonly id: string;
  readonly name: string;
  readonly hostname: string;
}

export type Choice<Machine> =
  | { readonly kind: "found"; readonly machine: Machine }
  | { readonly kind: "none" }
  | { readonly kind: "several"; readonly candidates: readonly Machine[] };

export const prefixCharsMin = 2;

/** `web-1.local` and `web-1` are the same machine's name at home. */
const bare = (hostname: string): string => hostname.toLowerCase().replace(/\.local$/, "");

/** `exact`: every machine whose id, name or hostname may be meant; `begins`: some whose name or hostname begins so. */
export const chooseMachine = <Machine extends NamedMachine>(
  reference: string,
  { exact, begins }: { readonly exact: readonly Machine[]; readonly begins: readonly Machine[] },
): Choice<Machine> => {
  const text = reference.toLowerCase();
  const hosts = exact.filter(({ hostname }) => bare(hostname) === bare(text));
  // Copies of a machine have one hostname: of them the one that is called so is meant.
  const called = hosts.filter(({ name }) => name.toLowerCase() === text);
  const steps = [
    exact.filter(({ id }) => id === reference),
    called.length === 1 ? called : hosts,
    exact.filter(({ name }) => name.toLowerCase() === text),
    reference.length >= prefixCharsMin ? begins : [],
  ];
  const candidates = steps.find((step) => step.length > 0) ?? [];
  const [machine] = candidates;
  if (!machine) return { kind: "none" };
  return candidates.length === 1 ? { kind: "found", machine } : { kind: "several", candidates };
};
