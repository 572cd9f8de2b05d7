// Base URLs are pasted in every form. What is meant is answered, and a header says what to set instead.

const forms = /^(?:\/v1|\/chat\/completions)*(\/chat\/completions|\/models(?:\/.*)?)$/;

/** The path that is meant; query strings stay. */
export const toCanonicalUrl = (url: string): string => {
  const queryAt = url.indexOf("?");
  const path = queryAt === -1 ? url : url.slice(0, queryAt);
  const query = queryAt === -1 ? "" : url.slice(queryAt);
  const trimmed = path.length > 1 ? path.replace(/\/{1,8}$/, "") : path;
  const meant = forms.exec(trimmed)?.[1];
  return (meant === undefined ? trimmed : `/v1${meant}`) + query;
};
