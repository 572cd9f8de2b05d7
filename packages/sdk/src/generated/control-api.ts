// Generated from services/control/openapi.json by npm run generate:control.
export interface paths {
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
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
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
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
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
}
