// What every answer of the server begins with.

// `sendDate` is documented by Node and missing in its types: gRPC has no use for the header.
export const withTrailers = { waitForTrailers: true, sendDate: false };
export const withoutBody = { endStream: true, sendDate: false };

export const responseHeaders = (): Record<string, string | string[]> => ({
  ":status": "200",
  "content-type": "application/grpc+proto",
});

/** "application/grpc" and "+proto" alone: "application/grpc-web" is another protocol. */
export const isGrpcContentType = (contentType: string | undefined): boolean =>
  contentType !== undefined && /^application\/grpc(\+proto)?(;|$)/.test(contentType);
