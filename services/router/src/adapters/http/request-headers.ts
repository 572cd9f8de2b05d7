// What callers say in headers; what has not the form that it must have counts as not said.
import type { FastifyRequest } from "fastify";

const timeoutSecondsMax = 86_400;
const nameForm = /^[\w.:-]{1,128}$/;

/** A fleet or a machine, as the caller names it. */
export const nameIn = (request: FastifyRequest, header: string): string | undefined => {
  const value = headerOf(request, header);
  return value !== undefined && nameForm.test(value) ? value : undefined;
};

export const headerOf = ({ headers }: FastifyRequest, name: string): string | undefined => {
  const value = headers[name];
  return typeof value === "string" ? value : undefined;
};

/** OpenAI's clients say how long they wait for an answer to begin. */
export const patienceOf = (request: FastifyRequest): number | undefined => {
  const seconds = Number(request.headers["x-stainless-timeout"]);
  return seconds > 0 && seconds <= timeoutSecondsMax ? seconds * 1000 : undefined;
};
