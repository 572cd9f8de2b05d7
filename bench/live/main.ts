// npm run bench:live: the live path beside its peers, in one run on this machine, over TLS.
// --only NAME,… runs some sections; --quick shortens them; --write-docs puts the table into the reference page.
import { parseArgs } from "node:util";
import { createClient } from "@cmdop/sdk";
import { Stack } from "@cmdop/testkit";
import { publish } from "../publish.ts";
import { isReached, type Row, toTable } from "../report.ts";
import { median, percentiles } from "../statistics.ts";
import { type FanOutResult, measureFanOut } from "./fan-out.ts";
import { measureKeyPress } from "./key-press.ts";
import { openRelayFanOut } from "./ours/fan-out.ts";
import { measureFlood, measureInterrupt, measureReattach, measureRelayDeath } from "./ours/flows.ts";
import { measureFullWindows, measureIdleLinks } from "./ours/memory.ts";
import { openGrpcJsFanOut } from "./peers/grpc-js-fan-out.ts";
import { measurePtyRead } from "./peers/pty-read.ts";

const { values: flags } = parseArgs({
  options: {
    only: { type: "string" },
    quick: { type: "boolean", default: false },
    "write-docs": { type: "boolean", default: false },
  },
});
const scale = flags.quick ? 0.2 : 1;
const rows: Row[] = [];
const say = (text: string): void => console.error(text);

const withStack = async (work: (client: ReturnType<typeof createClient>, stack: Stack) => Promise<void>) => {
  const stack = await Stack.start();
  const client = createClient(stack.clientOptions);
  try {
    await work(client, stack);
  } finally {
    await client.dispose();
    await stack.close();
  }
};

const fanOut = async (): Promise<void> => {
  for (const readers of [1, 10, 100]) {
    const options = { readers, messageBytes: 1024, forMs: 3_000 * scale };
    const ours: FanOutResult[] = [];
    const theirs: FanOutResult[] = [];
    // In turn, so that a slow minute of a shared machine meets both.
    for (let round = 0; round < (flags.quick ? 1 : 3); round += 1) {
      ours.push(await measureFanOut(openRelayFanOut, options));
      theirs.push(await measureFanOut(openGrpcJsFanOut, options));
    }
    const rate = (results: typeof ours): number =>
      median(results.map((result) => result.deliveriesPerSecond));
    const cpu = (results: typeof ours): number =>
      median(results.map((result) => result.serverCpuUsPerDelivery));
    rows.push({
      what: `fan-out, 1 KiB, ${readers} attachments`,
      ours: rate(ours),
      unit: "deliveries/s",
      peer: { name: "@grpc/grpc-js", value: rate(theirs) },
      ...(readers > 1 && { target: { atLeast: 6, of: "ratio" as const } }),
      detail: `CPU of the server ${cpu(ours).toPrecision(3)} µs a delivery, grpc-js ${cpu(theirs).toPrecision(3)}`,
    });
  }
};

const keyPress = async (): Promise<void> => {
  rows.push(...(await measureKeyPress({ scale, say, withStack })));
};

const flows = async (): Promise<void> => {
  await withStack(async (client) => {
    const long = ["yes", "x".repeat(100)] as const;
    const bareLong = await measurePtyRead(long, 2_000 * scale);
    const bareYes = await measurePtyRead(["yes"], 2_000 * scale);
    rows.push({
      what: "flood at one reading operator, lines of 100 characters",
      ours: await measureFlood(client, long, 4_000 * scale),
      unit: "MB/s",
      peer: { name: "bare PTY", value: bareLong.megabytesPerSecond },
      target: { atLeast: 15, of: "figure" },
    });
    rows.push({
      what: "flood of `yes` at one reading operator",
      ours: await measureFlood(client, ["yes"], 4_000 * scale),
      unit: "MB/s",
      peer: { name: "bare PTY", value: bareYes.megabytesPerSecond },
      target: { atLeast: 15, of: "figure" },
      detail: `the kernel gives at most ${bareYes.megabytesPerCpuSecond.toPrecision(3)} MB for a second of the program's processor time, with long lines ${bareLong.megabytesPerCpuSecond.toPrecision(3)}`,
    });
    const interrupt = await measureInterrupt(client, flags.quick ? 3 : 10);
    rows.push({
      what: "^C to quiet during `yes`, max",
      ours: interrupt.percentile(1),
      unit: "ms",
      target: { atMost: 200, of: "figure" },
      detail: percentiles(interrupt),
    });
    const reattach = await measureReattach(client, flags.quick ? 30 : 200);
    rows.push({
      what: "reattach to a full screen of 200 x 50 with history, p99",
      ours: reattach.percentile(0.99),
      unit: "ms",
      target: { atMost: 150, of: "figure" },
      detail: percentiles(reattach),
    });
  });
};

const relayDeath = async (): Promise<void> => {
  const { allBackMs, bytesLost, sessions } = await measureRelayDeath(200);
  rows.push({
    what: `relay SIGKILL with ${sessions} live sessions, all back`,
    ours: allBackMs / 1000,
    unit: "s",
    target: { atMost: 3, of: "figure" },
    detail: `${bytesLost} bytes lost`,
  });
};

const memory = async (): Promise<void> => {
  const links = flags.quick ? 200 : 1_000;
  rows.push({
    what: "relay memory for an idle agent over TLS",
    ours: (await measureIdleLinks(links)) / 1024,
    unit: "KiB",
    target: { atMost: 100, of: "figure" },
    detail: `${links} links`,
  });
  const sessions = flags.quick ? 20 : 100;
  rows.push({
    what: "relay memory for a session with a full window",
    ours: (await measureFullWindows(sessions)) / (1 << 20),
    unit: "MiB",
    target: { atMost: 1.5, of: "figure" },
    detail: `${sessions} sessions`,
  });
};

const sections = { "fan-out": fanOut, "key-press": keyPress, flows, "relay-death": relayDeath, memory };
const wanted = flags.only?.split(",") ?? Object.keys(sections);
for (const [name, run] of Object.entries(sections)) {
  if (!wanted.includes(name)) continue;
  say(`${name} …`);
  await run();
}

publish({ name: "live", text: toTable(rows), figures: { rows }, writeDocs: flags["write-docs"] });
const missed = rows.filter((row) => isReached(row) === false);
if (missed.length > 0) say(`\nNot reached: ${missed.map((row) => row.what).join("; ")}`);
process.exit(0);
