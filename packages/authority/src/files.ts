// Of directories and locks alone, for what knows no token and loads none of their code: half of a small process' start.
export { type ProcessLock, takeProcessLock } from "./process-lock.ts";
export { makePrivateDirectory } from "./secret-file.ts";
