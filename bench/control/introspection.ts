import { readFileSync } from "node:fs";
import path from "node:path";
import { createControlClient } from "@cmdop/edge";
import { addKeys } from "../../services/control/src/testing/bulk-rows.ts";
import { cpuMsOf } from "../process-usage.ts";
import type { ControlUnderTest } from "./control-under-test.ts";
import { type OpenLoopResult, runOpenLoop } from "./open-loop.ts";

export interface Introspections extends OpenLoopResult {
  /** Of the control plane's process, for each. */
  readonly cpuMsEach: number;
}

export interface IntrospectionFigures {
  readonly answers: Introspections;
  /** The same listener, TLS and credential, with a question that is refused before the database. */
  readonly floor: Introspections;
}

export const edgeTokenOf = ({ stack }: ControlUnderTest): string =>
  readFileSync(path.join(stack.home, "relay", "edge.token"), "utf8").trim();

/** As a relay asks, past its cache: each question is about another key than the last ones. */
export const measureIntrospection = async (
  control: ControlUnderTest,
  load: { readonly perSecond: number; readonly count: number; readonly warmup: number },
): Promise<IntrospectionFigures> => {
  const { fleet, internalUrl, controlOptions } = control.stack;
  const keys = await control.fill((database) =>
    addKeys(database, { fleet, serviceAccounts: 50, keysEach: 10 }),
  );
  const client = createControlClient({
    url: internalUrl,
    token: edgeTokenOf(control),
    caPin: controlOptions.caPin,
  });
  const run = async (ask: (index: number) => Promise<unknown>): Promise<Introspections> => {
    const before = cpuMsOf(control.pid);
    const result = await runOpenLoop({ ...load, ask });
    return { ...result, cpuMsEach: (cpuMsOf(control.pid) - before) / (load.count + load.warmup) };
  };
  try {
    const malformed = { token: "", fleet: "", need: "relay" } as const;
    const floor = await run(() =>
      client.introspect(malformed).then(
        () => Promise.reject(new Error("a malformed question was answered")),
        () => undefined,
      ),
    );
    const answers = await run(async (index) => {
      const token = keys[index % keys.length]?.secret ?? "";
      const answer = await client.introspect({ token, need: "relay" });
      if (!answer.active) throw new Error(answer.code);
    });
    return { answers, floor };
  } finally {
    await client.close();
  }
};
