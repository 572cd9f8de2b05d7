import { expect, it } from "vitest";
import { Secret } from "../core/secret.ts";
import { RingShelf } from "./ring-shelf.ts";

const provider = (name: string, owner?: string) => ({
  provider: { name, ...(owner !== undefined && { owner }) },
  baseUrl: "https://models.example/v1",
  keys: [new Secret("sk-one")],
});

it("of 4,096 providers that callers brought what is known of their keys is kept, of one more the oldest's is not", () => {
  const shelf = new RingShelf({ failures: 3, windowMs: 1_000, openMs: 500 });
  const own = (owner: number) => shelf.of(provider("mine", String(owner)));
  const operators = shelf.of(provider("mine"));
  const [oldest, second] = [own(0), own(1)];
  for (let owner = 2; owner < 4_096; owner += 1) own(owner);
  expect(own(0)).toBe(oldest);
  own(4_096);
  expect(own(1)).toBe(second);
  expect(own(0)).not.toBe(oldest);
  expect(own(1)).not.toBe(second);
  expect(shelf.of(provider("mine"))).toBe(operators);
});
