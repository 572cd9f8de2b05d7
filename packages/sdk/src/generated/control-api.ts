// Generated from services/control/openapi.json by npm run generate:control.
export interface paths {
    "/v1/edges": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Relays and routers that have a credential, revoked ones too
         * @description Needs the right `edges:read`.
         */
        get: operations["listEdges"];
        put?: never;
        /**
         * Make the credential of a relay or a router
         * @description Needs the right `edges:manage`. Needs a sign-in of the last 15 minutes, or a program's scope for it.
         */
        post: operations["createEdge"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/edges/{edge}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revoke the credential of a relay or a router
         * @description Needs the right `edges:manage`.
         */
        delete: operations["revokeEdge"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fleets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The fleets that you are in
         * @description Needs any live credential.
         */
        get: operations["listFleets"];
        put?: never;
        /**
         * Make a fleet, with yourself as its owner
         * @description Needs the right `fleets:create`.
         */
        post: operations["createFleet"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fleets/{fleet}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One fleet
         * @description Needs the right `fleet:read`.
         */
        get: operations["getFleet"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sign-in/code": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign in with a one-time code
         * @description The session is in the cookie that the answer sets. Open to anybody: the code is the proof.
         */
        post: operations["redeemSignInCode"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Edge: {
            /** Format: date-time */
            createdAt: string;
            fingerprint: string;
            id: string;
            /** @enum {string} */
            kind: "relay" | "router";
            lastUsedAt: string | null;
            name: string;
            revokedAt: string | null;
            version: number;
        };
        EdgeInput: {
            /** Format: date-time */
            createdAt: string;
            fingerprint: string;
            id: string;
            /** @enum {string} */
            kind: "relay" | "router";
            lastUsedAt: string | null;
            name: string;
            revokedAt: string | null;
            version: number;
        };
        Fleet: {
            approvalNeeded: boolean;
            /** Format: date-time */
            createdAt: string;
            deleteAfter: string | null;
            description: string;
            disabledAt: string | null;
            id: string;
            mfaRequired: boolean;
            name: string;
            /** @enum {string} */
            outagePolicy: "best_effort" | "strict";
            /** @description Yours in it */
            role: string | null;
            slug: string;
            version: number;
        };
        FleetInput: {
            approvalNeeded: boolean;
            /** Format: date-time */
            createdAt: string;
            deleteAfter: string | null;
            description: string;
            disabledAt: string | null;
            id: string;
            mfaRequired: boolean;
            name: string;
            /** @enum {string} */
            outagePolicy: "best_effort" | "strict";
            /** @description Yours in it */
            role: string | null;
            slug: string;
            version: number;
        };
        NewEdge: {
            /** Format: date-time */
            createdAt: string;
            fingerprint: string;
            id: string;
            /** @enum {string} */
            kind: "relay" | "router";
            lastUsedAt: string | null;
            name: string;
            revokedAt: string | null;
            secret: string;
            version: number;
        };
        NewEdgeInput: {
            /** Format: date-time */
            createdAt: string;
            fingerprint: string;
            id: string;
            /** @enum {string} */
            kind: "relay" | "router";
            lastUsedAt: string | null;
            name: string;
            revokedAt: string | null;
            secret: string;
            version: number;
        };
        Problem: {
            /** @description A code of docs/reference/failures.md */
            code: string;
            detail: string;
            errors?: {
                detail: string;
                pointer: string;
            }[];
            requestId: string;
            retryable: boolean;
            status: number;
            title: string;
            /** @description urn:cmdop:failure: and the code */
            type: string;
        } & {
            [key: string]: unknown;
        };
        ProblemInput: {
            /** @description A code of docs/reference/failures.md */
            code: string;
            detail: string;
            errors?: {
                detail: string;
                pointer: string;
            }[];
            requestId: string;
            retryable: boolean;
            status: number;
            title: string;
            /** @description urn:cmdop:failure: and the code */
            type: string;
        } & {
            [key: string]: unknown;
        };
        SignedIn: {
            accountId: string;
            /** Format: date-time */
            expiresAt: string;
            /** @constant */
            kind: "signed_in";
        };
        SignedInInput: {
            accountId: string;
            /** Format: date-time */
            expiresAt: string;
            /** @constant */
            kind: "signed_in";
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    listEdges: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Edge"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createEdge: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    kind: "relay" | "router";
                    name: string;
                };
            };
        };
        responses: {
            /** @description Default Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewEdge"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    revokeEdge: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id */
                edge: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listFleets: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Fleet"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createFleet: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @default  */
                    description?: string;
                    name: string;
                    slug: string;
                };
            };
        };
        responses: {
            /** @description Default Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Fleet"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getFleet: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug */
                fleet: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Fleet"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    redeemSignInCode: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    code: string;
                };
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignedIn"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
