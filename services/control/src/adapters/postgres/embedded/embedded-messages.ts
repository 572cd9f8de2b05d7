// What the control process and the worker thread that holds the embedded engine say to each other.

export interface EmbeddedWorkerData {
  /** The engine's data directory; exists and is locked by this process. */
  readonly dataDir: string;
}

export type ToEmbedded =
  /** A new connection takes over the one session: nothing of the old one stays; the channels are listened to. */
  | { readonly kind: "reset"; readonly channels: readonly string[] }
  /** Whole messages of PostgreSQL's protocol. */
  | { readonly kind: "bytes"; readonly connection: number; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: "close" };

export type FromEmbedded =
  | { readonly kind: "ready"; readonly startMs: number }
  /** What the engine answered to one `bytes`, for the connection that sent it. */
  | { readonly kind: "bytes"; readonly connection: number; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: "checkpoint"; readonly ms: number }
  /** The disk became nearly full, so the engine only reads; or there is space again. */
  | { readonly kind: "space"; readonly isFull: boolean }
  | { readonly kind: "closed" };
