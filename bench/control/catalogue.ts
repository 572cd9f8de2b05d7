import { readFileSync } from "node:fs";
import path from "node:path";
import { Agent } from "undici";
import { addKeys, addSessions, type SeededKey } from "../../services/control/src/testing/bulk-rows.ts";
import { Samples } from "../statistics.ts";
import type { ControlUnderTest } from "./control-under-test.ts";

export interface CatalogueFigures {
  readonly pages: Samples;
  readonly filters: Samples;
  readonly searches: Samples;
}

interface Page {
  readonly items: readonly { readonly id: string }[];
  readonly nextCursor: string | null;
}

/** One after the other over a connection that is kept: what a person who looks for a session waits for the server. */
export const measureCatalogue = async (
  control: ControlUnderTest,
  options: { readonly sessions: number; readonly requests: number },
): Promise<CatalogueFigures> => {
  const { fleet, home, url } = control.stack;
  const keys = await control.fill(async (database) => {
    await addSessions(database, { fleet, count: options.sessions });
    // A key may ask for one thing 600 times a minute.
    return addKeys(database, { fleet, serviceAccounts: 1, keysEach: 200 });
  });
  const ca = readFileSync(path.join(home, "control", "tls", "ca.crt"), "utf8");
  const agent = new Agent({ connections: 1, connect: { ca } });
  let asked = 0;
  const get = async (query: string, samples: Samples | undefined): Promise<Page> => {
    const { secret } = keys[asked++ % keys.length] as SeededKey;
    const beforeMs = performance.now();
    const response = await agent.request({
      origin: url,
      path: `/v1/fleets/${fleet}/sessions?limit=50${query}`,
      method: "GET",
      headers: { authorization: `Bearer ${secret}` },
    });
    const text = await response.body.text();
    samples?.add(performance.now() - beforeMs);
    if (response.statusCode !== 200) throw new Error(`${query} answered ${response.statusCode}: ${text}`);
    const page = JSON.parse(text) as Page;
    if (page.items.length === 0) throw new Error(`${query} found nothing`);
    return page;
  };

  /** From the newest on, each page by the mark of the one before. */
  const walk = async (count: number, samples: Samples | undefined): Promise<void> => {
    let cursor: string | null = null;
    for (let index = 0; index < count; index += 1) {
      const page: Page = await get(cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`, samples);
      cursor = page.nextCursor;
    }
  };
  const each = async (
    count: number,
    samples: Samples | undefined,
    query: (index: number) => string,
  ): Promise<void> => {
    for (let index = 0; index < count; index += 1) await get(query(index), samples);
  };
  /** The same places for every engine, spread over the whole catalogue. */
  const place = (index: number): number => (index * 7_919) % options.sessions;
  const filter = (index: number): string =>
    [
      `&machine=mch_bench${index % 20}`,
      `&account=acc_bench${index % 40}`,
      "&state=live",
      `&until=${new Date(Date.now() - place(index) * 300_000).toISOString()}`,
    ][index % 4] ?? "";
  const search = (index: number): string =>
    [
      // One session; the beginnings of eleven names; a fifth of all; the beginning of every name; 2.5%; 3.3%.
      `&q=job${place(index)}`,
      `&q=job${1_000 + (index % 9_000)}`,
      "&q=deploy",
      "&q=job",
      `&q=person${10 + (index % 30)}`,
      "&q=deploy%20psql",
    ][index % 6] ?? "";

  try {
    const figures = { pages: new Samples(), filters: new Samples(), searches: new Samples() };
    const warmup = Math.ceil(options.requests / 5);
    await walk(warmup, undefined);
    await walk(options.requests, figures.pages);
    await each(warmup, undefined, filter);
    await each(options.requests, figures.filters, filter);
    await each(warmup, undefined, search);
    await each(options.requests, figures.searches, search);
    return figures;
  } finally {
    await agent.close();
  }
};
