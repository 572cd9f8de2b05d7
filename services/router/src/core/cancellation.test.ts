import { expect, it } from "vitest";
import { Cancellation } from "./cancellation.ts";

it("tells each listener once, in order, and not who left or came too late", () => {
  const cancellation = new Cancellation();
  const heard: string[] = [];
  const leaving = (): number => heard.push("left");
  const twice = (): number => heard.push("second");
  cancellation.addEventListener("abort", () => heard.push(`first, aborted: ${cancellation.aborted}`));
  cancellation.addEventListener("abort", leaving);
  cancellation.addEventListener("abort", twice);
  cancellation.addEventListener("abort", twice);
  cancellation.removeEventListener("abort", leaving);
  expect([cancellation.aborted, heard]).toEqual([false, []]);
  cancellation.abort();
  cancellation.abort();
  cancellation.addEventListener("abort", () => heard.push("late"));
  expect([cancellation.aborted, heard]).toEqual([true, ["first, aborted: true", "second"]]);
});

it("does not tell a listener that another one takes away", () => {
  const cancellation = new Cancellation();
  const heard: string[] = [];
  const taken = (): number => heard.push("taken away");
  cancellation.addEventListener("abort", () => cancellation.removeEventListener("abort", taken));
  cancellation.addEventListener("abort", taken);
  cancellation.abort();
  expect(heard).toEqual([]);
});
