// npm run bench:control: the control plane on its two engines, in one run, over TLS. --only NAME,… runs some sections;
// --engines NAME,… some engines; --quick shortens; --write-docs writes the page.
import { parseArgs } from "node:util";
import { publish } from "../publish.ts";
import { isReached, type Row, toTable } from "../report.ts";
import { percentiles, type Samples } from "../statistics.ts";
import { measureAudit } from "./audit.ts";
import { measureCatalogue } from "./catalogue.ts";
import { ControlUnderTest, type Engine, enginesHere } from "./control-under-test.ts";
import { measureIntrospection } from "./introspection.ts";
import { measureIdleMemory, measureStarts } from "./life.ts";
import { measureRevocations } from "./revocations.ts";

const { values: flags } = parseArgs({
  options: {
    only: { type: "string" },
    engines: { type: "string" },
    quick: { type: "boolean", default: false },
    "write-docs": { type: "boolean", default: false },
  },
});
const say = (text: string): void => console.error(text);
const engines = enginesHere.filter((engine) => flags.engines?.split(",").includes(engine) ?? true);
const sessionsInCatalogue = 100_000;
const edgesAsked = 50;

/** The same measurement on each engine, one after the other. */
const onEach = async <Figures>(
  measure: (control: ControlUnderTest) => Promise<Figures>,
): Promise<ReadonlyMap<Engine, Figures>> => {
  const figures = new Map<Engine, Figures>();
  for (const engine of engines) {
    const control = await ControlUnderTest.start(engine);
    try {
      figures.set(engine, await measure(control));
    } finally {
      await control.close();
    }
  }
  return figures;
};

type Described = Omit<Row, "what" | "ours" | "unit" | "peer">;

/** A row for each engine; the embedded one's has PostgreSQL's figure of the same run beside it. */
const rowsOf = <Figures>(
  figures: ReadonlyMap<Engine, Figures>,
  { what, unit, of }: { what: string; unit: string; of: (figures: Figures) => number },
  describe: (figures: Figures) => Described,
): Row[] =>
  [...figures].map(([engine, found]) => {
    const other = engine === "embedded" ? figures.get("PostgreSQL") : undefined;
    const peer = other && { name: "PostgreSQL", value: of(other) };
    return { what: `${what}, ${engine}`, ours: of(found), unit, ...(peer && { peer }), ...describe(found) };
  });

const atMost = (value: number): Pick<Row, "target"> => ({ target: { atMost: value, of: "figure" } });
const p99 = (samples: Samples): number => samples.percentile(0.99);
const mib = (bytes: number): number => bytes / (1 << 20);

const starts = async (): Promise<Row[]> => {
  const figures = await onEach((control) => measureStarts(control, { rounds: flags.quick ? 3 : 9 }));
  return [
    ...rowsOf(
      figures,
      { what: "start, again", unit: "ms", of: ({ againMs }) => againMs.percentile(0.5) },
      ({ againMs }) => ({ ...atMost(2_500), detail: percentiles(againMs) }),
    ),
    ...rowsOf(figures, { what: "start, the first", unit: "ms", of: ({ firstMs }) => firstMs }, () => ({
      detail: "makes keys, certificate and tables",
    })),
  ];
};

const memory = async (): Promise<Row[]> => {
  const restMs = flags.quick ? 10_000 : 75_000;
  const figures = await onEach((control) => measureIdleMemory(control, { restMs }));
  return rowsOf(
    figures,
    {
      what: `idle memory after ${restMs / 1_000} s of rest`,
      unit: "MiB",
      of: ({ idleBytes }) => mib(idleBytes),
    },
    ({ peakBytes }) => ({
      ...atMost(300),
      detail: `${Math.round(mib(peakBytes))} MiB at the most; of the control plane's process alone`,
    }),
  );
};

const introspection = async (): Promise<Row[]> => {
  const load = { perSecond: 200, count: flags.quick ? 1_000 : 12_000, warmup: flags.quick ? 400 : 2_000 };
  const figures = await onEach((control) => measureIntrospection(control, load));
  return [...figures].map(([engine, { answers, floor }]) => ({
    what: `introspection at 200/s, p99, ${engine}`,
    ours: p99(answers.samples),
    unit: "ms",
    peer: { name: "a question refused before the database", value: p99(floor.samples) },
    ...atMost(10),
    detail: `${percentiles(answers.samples)}; ${answers.failed} failed; asked late by p99 ${p99(answers.askedLateMs).toPrecision(3)}; CPU ${answers.cpuMsEach.toPrecision(3)} ms each, without the database ${floor.cpuMsEach.toPrecision(3)}`,
  }));
};

const revocation = async (): Promise<Row[]> => {
  const revocations = flags.quick ? 10 : 200;
  const figures = await onEach((control) => measureRevocations(control, { edges: edgesAsked, revocations }));
  const what = `revocation at ${edgesAsked} edges, from the answer to the last acceptance`;
  return [
    ...rowsOf(
      figures,
      { what: `${what}, p99`, unit: "ms", of: ({ lateMs }) => p99(lateMs) },
      ({ lateMs, revocations: count }) => ({
        ...atMost(250),
        detail: `${percentiles(lateMs)}; ${count} revocations`,
      }),
    ),
    ...rowsOf(figures, { what: `${what}, max`, unit: "ms", of: ({ lateMs }) => lateMs.percentile(1) }, () =>
      atMost(1_000),
    ),
    ...[...figures].map(([engine, { missed }]) => ({
      ...{ what: `revocations missed, ${engine}`, ours: missed, unit: "", ...atMost(0) },
    })),
  ];
};

const catalogue = async (): Promise<Row[]> => {
  const requests = flags.quick ? 100 : 1_000;
  const figures = await onEach((control) =>
    measureCatalogue(control, { sessions: sessionsInCatalogue, requests }),
  );
  const kinds = {
    pages: "by mark",
    filters: "by machine, opener, state, time",
    searches: "searched by words",
  } as const;
  return Object.entries(kinds).flatMap(([kind, how]) => {
    const samplesOf = (found: { readonly [Kind in keyof typeof kinds]: Samples }): Samples =>
      found[kind as keyof typeof kinds];
    return rowsOf(
      figures,
      {
        what: `a page of 100,000 sessions, ${how}, p99`,
        unit: "ms",
        of: (found) => p99(samplesOf(found)),
      },
      (found) => ({ ...atMost(20), detail: percentiles(samplesOf(found)) }),
    );
  });
};

const audit = async (): Promise<Row[]> => {
  const entries = flags.quick ? 50_000 : 1_000_000;
  const control = await ControlUnderTest.start(engines[0] ?? "embedded");
  const figures = await measureAudit(control, { entries }).finally(() => control.close());
  const { verifyMs, exportMs, bytes, report } = figures;
  return [
    {
      what: `cmdop audit verify, ${entries.toLocaleString("en")} entries`,
      ours: verifyMs / 1_000,
      unit: "s",
      ...atMost(30),
      detail: `${report.verdict}, ${report.entries} entries, signed to ${report.signedSize}; ${Math.round(mib(bytes))} MiB`,
    },
    {
      what: `their export from the ${control.engine} database`,
      ours: exportMs / 1_000,
      unit: "s",
      detail: `${Math.round((entries / exportMs) * 1_000).toLocaleString("en")} entries/s`,
    },
  ];
};

const sections = { starts, memory, introspection, revocation, catalogue, audit };
const wanted = flags.only?.split(",") ?? Object.keys(sections);
const rows: Row[] = [];
for (const [name, run] of Object.entries(sections)) {
  if (!wanted.includes(name)) continue;
  say(`${name} …`);
  const found = await run();
  say(toTable(found));
  rows.push(...found);
}

if (!enginesHere.includes("PostgreSQL")) say("PostgreSQL is not installed: the embedded engine alone.");
publish({ name: "control", text: toTable(rows), figures: { rows }, writeDocs: flags["write-docs"] });
const missed = rows.filter((row) => isReached(row) === false);
if (missed.length > 0) say(`\nNot reached: ${missed.map(({ what }) => what).join("; ")}`);
process.exit(0);
