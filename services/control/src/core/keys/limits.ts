// Bounds of keys.
export const dayMs = 86_400_000;
export const keyDaysDefault = 90;
export const keyDaysMax = 366;
/** Both secrets of a rotated key are good for so long. */
export const overlapMinutesDefault = 60;
export const overlapMinutesMax = 7 * 24 * 60;
/** Live ones, of one bearer in one fleet. */
export const keysPerBearerMax = 200;
/** With those in their overlap: a bearer that has as many as may be can still rotate each of them. */
export const rotatedKeysPerBearerMax = 2 * keysPerBearerMax;
export const serviceAccountsPerFleetMax = 500;
