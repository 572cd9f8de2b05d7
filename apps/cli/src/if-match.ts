/** The header that says which version is changed. */
export const ifMatch = (row: { readonly version: number }): { readonly "if-match": string } => ({
  "if-match": `"${row.version}"`,
});
