import { mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { initRelayHome, readRelayTls } from "@cmdop/authority";
import { FakeClock, waitFor } from "@cmdop/testkit";
import { expect, it } from "vitest";
import { renewRelayCertificate } from "./prepare-home.ts";

const dayMs = 24 * 3_600_000;

it("renews the relay's certificate while it runs, and looks again after a day on which that failed", async () => {
  const home = await mkdtemp(path.join(tmpdir(), "cmdop-start-"));
  const dir = path.join(home, "relay");
  const clock = new FakeClock();
  await initRelayHome(dir, [], clock);
  const first = await readRelayTls(dir);
  const said: string[] = [];
  const close = renewRelayCertificate({ home }, { clock, say: (text) => void said.push(text) });
  const nextDay = async (): Promise<void> => {
    clock.advance(dayMs);
    await waitFor(() => clock.pending === 1);
  };
  await nextDay();
  expect(await readRelayTls(dir)).toEqual(first);

  clock.jumpWall(340 * dayMs);
  await rename(path.join(dir, "tls", "ca.key"), path.join(home, "ca.key"));
  await nextDay();
  expect(said).toEqual([expect.stringContaining("ca.key")]);
  await rename(path.join(home, "ca.key"), path.join(dir, "tls", "ca.key"));
  await nextDay();
  expect((await readRelayTls(dir)).certificatePem).not.toBe(first.certificatePem);
  expect(said).toHaveLength(1);
  close();
  expect(clock.pending).toBe(0);
  await rm(home, { recursive: true });
});
