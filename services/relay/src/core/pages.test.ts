import { Failure } from "@cmdop/base";
import { describe, expect, it } from "vitest";
import { newestFirst, toPage } from "./pages.ts";

interface Item {
  readonly id: string;
  readonly atMs: number;
}
const bounds = { pageSize: 2, pageSizeMax: 3 };
const items: Item[] = [5, 3, 9, 3, 1].map((atMs, index) => ({ id: `s${index}`, atMs }));
const page = (list: readonly Item[], pageToken: string, pageSize = 0): { ids: string; next: string } => {
  const found = toPage(
    list,
    ({ id, atMs }) => ({ key: newestFirst(atMs), id }),
    { pageSize, pageToken },
    bounds,
  );
  if (found instanceof Failure) return { ids: found.code, next: "" };
  return { ids: found.items.map(({ id }) => id).join(), next: found.nextPageToken };
};

describe("pages", () => {
  it("list everything once, newest first, equal times by id", () => {
    const first = page(items, "");
    const second = page(items, first.next);
    const third = page(items, second.next);
    expect([first.ids, second.ids, third]).toEqual(["s2,s0", "s1,s3", { ids: "s4", next: "" }]);
  });

  it("neither repeat nor hide others when items come and go between them", () => {
    const first = page(items, "");
    const changed = [...items.filter(({ id }) => id !== "s0"), { id: "new", atMs: 100 }];
    expect(page(changed, first.next).ids).toBe("s1,s3");
  });

  it("are bounded in size", () => {
    expect(page(items, "", 1000).ids).toBe("s2,s0,s1");
  });

  it.each(["x", "{}", "[1,2]", '["a"]', '["a","b","c"]', "null"])("refuse the token %j", (token) => {
    expect(page(items, token).ids).toBe("invalid_argument");
  });
});
