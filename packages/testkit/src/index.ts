export {
  createTestCertificates,
  type TestCertificateOptions,
  type TestCertificates,
} from "./certificates.ts";
export { FakeClock } from "./fake-clock.ts";
export { FaultProxy } from "./fault-proxy.ts";
export { freePort } from "./free-port.ts";
export { leakCheck } from "./leak-check.ts";
export { SeededRandom, testSeed } from "./seeded-random.ts";
export { Stack, type StackOptions, type StackPart } from "./stack.ts";
export { type WaitForOptions, waitFor } from "./wait-for.ts";
