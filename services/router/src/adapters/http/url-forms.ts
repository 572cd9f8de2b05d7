// Base URLs are pasted in every form. What is meant is answered, and a header says what to set instead.

/** A function from a URL as it came to the one that is meant; query strings stay. `paths`: behind /v1. */
export const createUrlForms = (paths: readonly string[]): ((url: string) => string) => {
  // The longest first, so that /messages/count_tokens is not taken for something behind /messages.
  const known = paths.toSorted((a, b) => b.length - a.length).join("|");
  const forms = new RegExp(`^(?:/v1|${known})*((?:${known})|/models(?:/.*)?)$`);
  const canonical = new Set(paths.map((path) => `/v1${path}`));
  return (url) => {
    if (canonical.has(url)) return url;
    const queryAt = url.indexOf("?");
    const path = queryAt === -1 ? url : url.slice(0, queryAt);
    const query = queryAt === -1 ? "" : url.slice(queryAt);
    const trimmed = path.length > 1 ? path.replace(/\/{1,8}$/, "") : path;
    const meant = forms.exec(trimmed)?.[1];
    return (meant === undefined ? trimmed : `/v1${meant}`) + query;
  };
};
