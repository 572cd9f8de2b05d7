export { type ContractSubject, edgeContractSuite } from "./edge-contract-suite.ts";
export { FakeControl, type FakeControlKnobs } from "./fake-control.ts";
