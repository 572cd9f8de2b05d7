export {
  createTestCertificates,
  type TestCertificateOptions,
  type TestCertificates,
} from "./certificates.ts";
export { ControlledStack, type ControlledStackOptions } from "./controlled-stack.ts";
export {
  FakeAgent,
  type FakeAgentKnobs,
  type FakeAgentOptions,
  newInputStream,
  type RegisterInit,
} from "./fake-agent.ts";
export { FakeClock } from "./fake-clock.ts";
export type { AppliedInput, FakeLease } from "./fake-inputs.ts";
export { FakeOperatorRelay } from "./fake-operator-relay.ts";
export {
  FakeProvider,
  type ProviderFault,
  type ProviderFeature,
  type ProviderRequest,
} from "./fake-provider.ts";
export { type FakeTurn, fakeUsage } from "./fake-provider-answers.ts";
export {
  FakeRelay,
  type FakeRelayKnobs,
  FakeRelayLink,
  type FakeRelayOptions,
} from "./fake-relay.ts";
export { FakeRelayHome } from "./fake-relay-home.ts";
export { type FakeHome, FakeSession, type FakeSessionOptions } from "./fake-session.ts";
export { FaultProxy } from "./fault-proxy.ts";
export { freePort } from "./free-port.ts";
export { holdPort } from "./held-port.ts";
export { endSessionHosts, processesOf } from "./home-processes.ts";
export { isAlive } from "./is-alive.ts";
export { leakCheck } from "./leak-check.ts";
export { placePreparedDatabase } from "./prepared-database.ts";
export { noteSecretFiles } from "./secret-files.ts";
export { SecretSearch } from "./secret-search.ts";
export { SeededRandom, testSeed } from "./seeded-random.ts";
export { type ServiceProcess, startServiceProcess } from "./service-process.ts";
export { type PasskeyOptions, SoftwareAuthenticator } from "./software-authenticator.ts";
export { Stack, type StackOptions, type StackPart } from "./stack.ts";
export { StackProcesses, type StackProgram } from "./stack-processes.ts";
export { TemporaryPostgres } from "./temporary-postgres.ts";
export { TlsTap } from "./tls-tap.ts";
export { type WaitForOptions, waitFor } from "./wait-for.ts";
