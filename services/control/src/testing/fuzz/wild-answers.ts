/** The beginning of a stream that has no end. */
export const firstOf = async (body: AsyncIterable<Buffer>): Promise<string> => {
  for await (const chunk of body) return chunk.toString();
  return "";
};
