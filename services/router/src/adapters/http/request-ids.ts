import { type Random, randomBase62 } from "@cmdop/base";

const idChars = 22;
const idsAtOnce = 64;

/** New request ids. Drawn in bulk: one call to the system's generator costs more than everything else about an id. */
export const createRequestIds = (random: Random): (() => string) => {
  let drawn = "";
  let at = 0;
  return () => {
    if (at === drawn.length) {
      drawn = randomBase62(idChars * idsAtOnce, random);
      at = 0;
    }
    at += idChars;
    return `req_${drawn.slice(at - idChars, at)}`;
  };
};
