// Of directories and locks alone, for what knows no token and loads none of their code: half of a small process' start.
export { makePrivateDirectory, makePrivateDirectorySync } from "./private-directory.ts";
export { type ProcessLock, takeProcessLock } from "./process-lock.ts";
