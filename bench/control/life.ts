import { waitFor } from "@cmdop/testkit";
import { peakBytesOf, residentBytesOf } from "../process-usage.ts";
import { Samples } from "../statistics.ts";
import type { ControlUnderTest } from "./control-under-test.ts";

export interface StartFigures {
  /** Keys, certificate, database and migrations are made. */
  readonly firstMs: number;
  readonly againMs: Samples;
}

/** From the process' start to its first answer that it is ready. Sources come from Node's compile cache, as under `npm start`. */
export const measureStarts = async (
  control: ControlUnderTest,
  options: { readonly rounds: number },
): Promise<StartFigures> => {
  const againMs = new Samples();
  for (let round = 0; round < options.rounds; round += 1) {
    await control.stop();
    againMs.add(await control.startAgain());
  }
  await control.stop();
  control.forget();
  return { firstMs: await control.startAgain(), againMs };
};

export interface MemoryFigures {
  readonly idleBytes: number;
  readonly peakBytes: number;
}

/** Of a process that has just started and was then left alone. */
export const measureIdleMemory = async (
  control: ControlUnderTest,
  options: { readonly restMs: number },
): Promise<MemoryFigures> => {
  await control.stop();
  await control.startAgain();
  const endMs = performance.now() + options.restMs;
  await waitFor(() => performance.now() >= endMs, { timeoutMs: options.restMs + 5_000, everyMs: 200 });
  return { idleBytes: residentBytesOf(control.pid), peakBytes: peakBytesOf(control.pid) };
};
