import { type Metadata, metadataText } from "@cmdop/protocol/grpc";

const pattern = /^Bearer ([A-Za-z0-9._~+/=-]{1,4096})$/i;

/** The token in `authorization: Bearer …` (RFC 6750, 2.1); undefined when there is none. */
export const bearerToken = (metadata: Metadata): string | undefined => {
  // Two of them would leave open which one counts.
  if ((metadata.get("authorization")?.length ?? 0) > 1) return undefined;
  return pattern.exec(metadataText(metadata, "authorization") ?? "")?.[1];
};
