// Generated from services/control/openapi.json by npm run generate:control.
export interface paths {
    "/oauth/device_authorization": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Begin the login of a terminal that has no browser (RFC 8628)
         * @description The answer has no verification_uri_complete: the code is typed by whoever approves, and by nobody else. Open to anybody: it asks for something that a person then approves.
         */
        post: operations["requestDeviceLogin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/oauth/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End a terminal's login (RFC 7009)
         * @description The answer is the same for what was no login, or is none any more. Open to anybody: whoever has the token may end it.
         */
        post: operations["takeTokenBack"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/oauth/token": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Exchange an approval for the terminal's login
         * @description Open to anybody: the code is the proof.
         */
        post: operations["giveToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/account/backup-codes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ten new backup codes; the former ones are gone
         * @description Needs any live credential. Needs a sign-in of the last 15 minutes, or a program's scope for it.
         */
        post: operations["newBackupCodes"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/account/identities": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Where else you may sign in from
         * @description Needs any live credential.
         */
        get: operations["listIdentities"];
        put?: never;
        /**
         * Begin to link an identity at a provider: this browser goes to the address of the answer
         * @description The way back ends in the same browser, signed in by the same login, within ten minutes. An identity is of one account; an account has one at each provider. Needs any live credential. Needs a sign-in of the last 15 minutes, or a program's scope for it.
         */
        post: operations["beginLink"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/account/identities/{provider}": {
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
         * Sign in from there no more; what its groups gave, and your other logins by a provider, end
         * @description Refused for the last way to sign in. Needs any live credential. Needs a sign-in of the last 15 minutes, or a program's scope for it.
         */
        delete: operations["unlinkIdentity"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/account/logins": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Where you are signed in: browsers and terminals
         * @description Needs any live credential.
         */
        get: operations["listLogins"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/account/logins/{login}": {
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
         * Sign a browser or a terminal of yours out
         * @description Needs any live credential.
         */
        delete: operations["endLogin"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/account/logins/end-others": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign out everywhere but here
         * @description Needs any live credential.
         */
        post: operations["endOtherLogins"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/account/passkeys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Your passkeys
         * @description Needs any live credential.
         */
        get: operations["listPasskeys"];
        put?: never;
        /**
         * Sign in with this passkey from now on
         * @description Needs any live credential. Needs a sign-in of the last 15 minutes, or a program's scope for it.
         */
        post: operations["addPasskey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/account/passkeys/{passkey}": {
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
         * Sign in without this passkey from now on
         * @description Refused for the last way to sign in. Needs any live credential. Needs a sign-in of the last 15 minutes, or a program's scope for it.
         */
        delete: operations["removePasskey"];
        options?: never;
        head?: never;
        /**
         * Rename a passkey of yours
         * @description Needs any live credential.
         */
        patch: operations["updatePasskey"];
        trace?: never;
    };
    "/v1/account/passkeys/options": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What a browser needs to make a passkey (PublicKeyCredentialCreationOptionsJSON)
         * @description Needs any live credential. Needs a sign-in of the last 15 minutes, or a program's scope for it.
         */
        post: operations["beginPasskey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/account/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Choose a new password; every other browser and terminal of yours is signed out
         * @description The present one and the five before it are refused. Needs any live credential. Needs a sign-in of the last 15 minutes, or a program's scope for it.
         */
        put: operations["setPassword"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/account/providers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Providers of models that you brought for yourself
         * @description Needs any live credential.
         */
        get: operations["listAccountProviders"];
        put?: never;
        /**
         * Bring a provider of models for yourself
         * @description Your own keys and logins reach it in every fleet, and nobody else does. It takes the place of one of the same name that a fleet brought or the installation shares. Needs any live credential.
         */
        post: operations["createAccountProvider"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/account/providers/{provider}": {
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
         * Take a provider of yours away, with its keys
         * @description Needs any live credential.
         */
        delete: operations["deleteAccountProvider"];
        options?: never;
        head?: never;
        /**
         * Replace the address, keys, headers or models of a provider of yours
         * @description Needs any live credential.
         */
        patch: operations["updateAccountProvider"];
        trace?: never;
    };
    "/v1/account/sign-ins": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * When and from where somebody signed in as you, or failed to
         * @description Failures are written at most twenty times a minute for each address. Needs any live credential.
         */
        get: operations["listSignIns"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/account/totp": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Use the authenticator app from now on; gives ten backup codes
         * @description A former app and former backup codes are gone. Needs any live credential. Needs a sign-in of the last 15 minutes, or a program's scope for it.
         */
        put: operations["putTotp"];
        post?: never;
        /**
         * Sign in without the authenticator app from now on; its backup codes are gone
         * @description Needs any live credential. Needs a sign-in of the last 15 minutes, or a program's scope for it.
         */
        delete: operations["removeTotp"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/account/totp/enrolments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A secret for an authenticator app
         * @description It counts once a code made with it was given (PUT /v1/account/totp). Needs any live credential. Needs a sign-in of the last 15 minutes, or a program's scope for it.
         */
        post: operations["beginTotp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/accounts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Everybody who has an account here
         * @description Needs the right `accounts:read`.
         */
        get: operations["listAccounts"];
        put?: never;
        /**
         * Make an account; the answer has the address at which its owner chooses a password
         * @description Needs the right `accounts:manage`. Needs a sign-in of the last 15 minutes, or a program's scope for it.
         */
        post: operations["createAccount"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/accounts/{account}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One account
         * @description Needs the right `accounts:read`.
         */
        get: operations["getAccount"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Rename an account, change its role, disable or enable it
         * @description A disabled account's credentials are refused at once, and what is live with them ends. Needs the right `accounts:manage`. Needs a sign-in of the last 15 minutes, or a program's scope for it.
         */
        patch: operations["changeAccount"];
        trace?: never;
    };
    "/v1/accounts/{account}/password-reset": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * An address at which somebody chooses a new password, once, within a day
         * @description Needs the right `accounts:manage`. Needs a sign-in of the last 15 minutes, or a program's scope for it.
         */
        post: operations["offerPasswordReset"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What was done in the installation, the newest first
         * @description Needs the right `installation:audit`.
         */
        get: operations["listAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit/{seq}/proof": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Proof that an entry is in the log that was signed
         * @description Needs the right `installation:audit`.
         */
        get: operations["proveAuditEntry"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit/checkpoints": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What the audit log's key has signed, the newest first
         * @description They say how many entries there are and nothing of them. Needs any live credential.
         */
        get: operations["listAuditCheckpoints"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit/consistency": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Proof that the log continues one that was signed before
         * @description For whoever kept a checkpoint. A newest checkpoint that is smaller comes with the proof from it to the kept one, where there is one. It says how many entries there are and nothing of them. Needs any live credential.
         */
        get: operations["proveAuditConsistency"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The whole audit log as a file, or a part of it
         * @description Streamed, the oldest first. The header cmdop-audit-verifiable says whether it is whole: then it holds signed checkpoints and can be verified without this server. One with filters has gaps and can only be read. Needs the right `installation:audit`.
         */
        get: operations["exportAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/device-logins/{login}/approve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign the terminal in as yourself
         * @description Needs any live credential. Needs a sign-in of the last 15 minutes, or a program's scope for it.
         */
        post: operations["approveDeviceLogin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/device-logins/{login}/deny": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Refuse the terminal
         * @description Needs any live credential.
         */
        post: operations["denyDeviceLogin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/device-logins/claim": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * See which terminal has this code; from then on it is yours to approve or to deny, and nobody else's
         * @description Needs any live credential.
         */
        post: operations["claimDeviceLogin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
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
        /**
         * End a fleet: at once for everybody, for good after 24 hours
         * @description Until then whoever may end it can take that back: POST /v1/fleets/{fleet}/restore. Needs the right `fleet:delete`. Needs a sign-in of the last 15 minutes, or a program's scope for it.
         */
        delete: operations["deleteFleet"];
        options?: never;
        head?: never;
        /**
         * Change a fleet: its names and its policies
         * @description Needs the right `fleet:update`.
         */
        patch: operations["updateFleet"];
        trace?: never;
    };
    "/v1/fleets/{fleet}/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What was done in the fleet, the newest first
         * @description Needs the right `audit:read`.
         */
        get: operations["listFleetAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fleets/{fleet}/audit/{seq}/proof": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Proof that an entry is in the log that was signed
         * @description Needs the right `audit:read`.
         */
        get: operations["proveFleetAuditEntry"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fleets/{fleet}/audit/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What was done in the fleet, as a file
         * @description Streamed, the oldest first. The header cmdop-audit-verifiable says whether it is whole: then it holds signed checkpoints and can be verified without this server. One with filters has gaps and can only be read. Needs the right `audit:export`.
         */
        get: operations["exportFleetAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fleets/{fleet}/budgets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Budgets, with what is spent of each
         * @description Needs the right `usage:read`.
         */
        get: operations["listBudgets"];
        put?: never;
        /**
         * Set a budget; alerts come at 80, 95 and 100 percent
         * @description Needs the right `budgets:manage`.
         */
        post: operations["createBudget"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fleets/{fleet}/budgets/{budget}": {
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
         * Take a budget away
         * @description Needs the right `budgets:manage`.
         */
        delete: operations["deleteBudget"];
        options?: never;
        head?: never;
        /**
         * Change how much a budget allows, and whether it refuses
         * @description What is spent in its period counts on. An alert that was told is told again only when the new limit has put it out of reach and spending reaches it anew. Needs the right `budgets:manage`.
         */
        patch: operations["updateBudget"];
        trace?: never;
    };
    "/v1/fleets/{fleet}/enrolments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Machines that wait to be let in
         * @description Needs the right `machines:approve`.
         */
        get: operations["listEnrolments"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fleets/{fleet}/enrolments/{enrolment}/approve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let a machine in that waits
         * @description Needs the right `machines:approve`.
         */
        post: operations["approveEnrolment"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fleets/{fleet}/enrolments/{enrolment}/deny": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Turn a machine away that waits
         * @description Needs the right `machines:approve`.
         */
        post: operations["denyEnrolment"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fleets/{fleet}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What changes in the fleet, as it changes
         * @description Server-sent events. `ready`: the topics that are told, `change`: one thing has changed (`topic`, `id`: look it up), `resync`: look at everything anew, `heartbeat` every 15 s, `end`: the last one, with the `code` of a failure. After a lost connection the header Last-Event-ID goes on where it was, or is answered with `resync`. Without `topics` all that the credential may see are told; a topic that is named and may not be seen is refused. Needs the right `fleet:read`.
         */
        get: operations["followEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fleets/{fleet}/invitations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Invitations into a fleet, newest first
         * @description Needs the right `members:invite`.
         */
        get: operations["listInvitations"];
        put?: never;
        /**
         * Invite somebody into a fleet
         * @description Nothing is sent: the code is shown once, to you, and serves the account with this e-mail address alone. Needs the right `members:invite`.
         */
        post: operations["createInvitation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fleets/{fleet}/invitations/{invitation}": {
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
         * Take an invitation back
         * @description Needs the right `members:invite`.
         */
        delete: operations["cancelInvitation"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fleets/{fleet}/join-tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Join tokens, the newest first
         * @description Needs the right `machines:join`.
         */
        get: operations["listJoinTokens"];
        put?: never;
        /**
         * Make a token with which machines join the fleet
         * @description The join string holds the token, and the hash of this server's key: it is shown once. Needs the right `machines:join`.
         */
        post: operations["createJoinToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fleets/{fleet}/join-tokens/{joinToken}": {
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
         * Revoke a join token
         * @description Machines that came with it stay; machines that wait to be let in with it do not come in any more. Needs the right `machines:join`.
         */
        delete: operations["revokeJoinToken"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fleets/{fleet}/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Keys: yours, and with keys:read everybody's
         * @description Needs the right `fleet:read`.
         */
        get: operations["listKeys"];
        put?: never;
        /**
         * Make a key for a program
         * @description It is yours, or of a service account (needs members:manage). Good in this fleet alone, and never wider than you and what you ask with. Needs the right `keys:create`. Needs a sign-in of the last 15 minutes, or a program's scope for it.
         */
        post: operations["createKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fleets/{fleet}/keys/{key}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One key: yours, or with keys:read anybody's
         * @description Needs the right `fleet:read`.
         */
        get: operations["getKey"];
        put?: never;
        post?: never;
        /**
         * Revoke a key, here and at every edge at once
         * @description Your own with a sign-in of yours, or any key by itself; everybody's with keys:revoke. What is live with it ends. Needs the right `fleet:read`.
         */
        delete: operations["revokeKey"];
        options?: never;
        head?: never;
        /**
         * Rename a key, or narrow what it may
         * @description A key is never widened: make another. Somebody else's key needs keys:revoke. Needs the right `keys:create`.
         */
        patch: operations["updateKey"];
        trace?: never;
    };
    "/v1/fleets/{fleet}/keys/{key}/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give a key a new secret; the old one ends after the overlap
         * @description Your own key, or a service account's (needs members:manage); nobody gets the secret of another person's key. Needs the right `keys:create`. Needs a sign-in of the last 15 minutes, or a program's scope for it.
         */
        post: operations["rotateKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fleets/{fleet}/machines": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Machines by name
         * @description Needs the right `machines:read`.
         */
        get: operations["listMachines"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fleets/{fleet}/machines/{machine}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One machine
         * @description Several that may be meant: ambiguous_name, with `candidates`. Needs the right `machines:read`.
         */
        get: operations["getMachine"];
        put?: never;
        post?: never;
        /**
         * Remove a machine
         * @description Its link ends and its key is forgotten; to come back it joins anew, as another machine. Needs the right `machines:remove`.
         */
        delete: operations["removeMachine"];
        options?: never;
        head?: never;
        /**
         * Rename or tag a machine
         * @description A new name ends its link for a moment: it comes back with a token that says the name. Needs the right `machines:manage`.
         */
        patch: operations["updateMachine"];
        trace?: never;
    };
    "/v1/fleets/{fleet}/machines/{machine}/disable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Shut a machine out
         * @description Its link ends, and it gets no token until it is enabled. What runs on it runs on. Needs the right `machines:manage`.
         */
        post: operations["disableMachine"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fleets/{fleet}/machines/{machine}/enable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let a disabled or locked machine in again
         * @description After a lock the first that proves the machine's key is taken for it. Needs the right `machines:manage`.
         */
        post: operations["enableMachine"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fleets/{fleet}/machines/{machine}/move": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Move a machine to another fleet
         * @description Needs `machines:join` there, and `machines:approve` where machines wait to be let in. Its past sessions stay in the catalogue of the fleet where they ran. Needs the right `machines:manage`.
         */
        post: operations["moveMachine"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fleets/{fleet}/machines/{machine}/rotate-key": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Have a machine make a new key
         * @description Its link ends for a moment; it proposes a new key, and the old one is dropped when it has used the new one. Needs the right `machines:manage`.
         */
        post: operations["rotateMachineKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fleets/{fleet}/members": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who is in a fleet
         * @description Needs the right `members:read`.
         */
        get: operations["listMembers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fleets/{fleet}/members/{member}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One member of a fleet
         * @description Needs the right `members:read`.
         */
        get: operations["getMember"];
        put?: never;
        post?: never;
        /**
         * Remove a member, or leave a fleet
         * @description Others need members:manage and every right that the member has. The last owner stays. The member's keys of this fleet are revoked, and what is live ends. Needs the right `fleet:read`.
         */
        delete: operations["removeMember"];
        options?: never;
        head?: never;
        /**
         * Give a member another role, or an end
         * @description Nobody gives a right that they lack, here or on a single machine, nobody changes somebody who has more or puts an end off beyond their own, and the last owner stays. What somebody loses ends at every edge at once. Needs the right `members:manage`.
         */
        patch: operations["updateMember"];
        trace?: never;
    };
    "/v1/fleets/{fleet}/members/{member}/machines": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The machines with which a member or service account may do less than its role says
         * @description Needs the right `members:read`.
         */
        get: operations["listMachineAccess"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fleets/{fleet}/members/{member}/machines/{machine}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Say what a member or service account may do with one machine
         * @description full: what the role says; execute: open and operate sessions, run schedules; view: watch; none: it is not there for them. Never more than you may yourself. Needs the right `members:manage`.
         */
        put: operations["updateMachineAccess"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fleets/{fleet}/providers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Providers that the fleet brought, and those that the installation shares
         * @description Needs the right `providers:read`.
         */
        get: operations["listProviders"];
        put?: never;
        /**
         * Bring a provider of models, with keys of your own
         * @description Needs the right `providers:manage`.
         */
        post: operations["createProvider"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fleets/{fleet}/providers/{provider}": {
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
         * Take a provider away, with its keys
         * @description Needs the right `providers:manage`.
         */
        delete: operations["deleteProvider"];
        options?: never;
        head?: never;
        /**
         * Replace a provider's address, keys, headers or models
         * @description Needs the right `providers:manage`.
         */
        patch: operations["updateProvider"];
        trace?: never;
    };
    "/v1/fleets/{fleet}/restore": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take the end of a fleet back, within its 24 hours
         * @description Needs the right `fleet:delete` that you had in it. Needs any live credential.
         */
        post: operations["restoreFleet"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fleets/{fleet}/roles": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Roles: the built-in ones, and the fleet's own
         * @description Needs the right `roles:read`.
         */
        get: operations["listRoles"];
        put?: never;
        /**
         * Make a role of the fleet's own
         * @description Needs the right `roles:manage`.
         */
        post: operations["createRole"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fleets/{fleet}/roles/{role}": {
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
         * Remove a role that nobody has
         * @description Needs the right `roles:manage`.
         */
        delete: operations["deleteRole"];
        options?: never;
        head?: never;
        /**
         * Change a role of the fleet's own
         * @description You need every right that it has and will have, also on each machine of whoever has it. Whoever has it and loses a right loses it at every edge at once. Needs the right `roles:manage`.
         */
        patch: operations["updateRole"];
        trace?: never;
    };
    "/v1/fleets/{fleet}/runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Runs, the latest due first
         * @description Needs the right `schedules:read`.
         */
        get: operations["listRuns"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fleets/{fleet}/runs/{run}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One run, with each attempt on each machine
         * @description Needs the right `schedules:read`.
         */
        get: operations["getRun"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fleets/{fleet}/runs/{run}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End a run: one that waits at once, one that runs by SIGTERM, then SIGKILL
         * @description Needs the right `schedules:run`.
         */
        post: operations["cancelRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fleets/{fleet}/schedules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The fleet's schedules by name
         * @description Needs the right `schedules:read`.
         */
        get: operations["listSchedules"];
        put?: never;
        /**
         * Make a schedule; it uses your rights when it fires
         * @description Needs the right `schedules:manage`.
         */
        post: operations["createSchedule"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fleets/{fleet}/schedules/{schedule}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One schedule
         * @description Needs the right `schedules:read`.
         */
        get: operations["getSchedule"];
        put?: never;
        post?: never;
        /**
         * Remove a schedule and end what it runs; its runs can still be read
         * @description Needs the right `schedules:manage`.
         */
        delete: operations["deleteSchedule"];
        options?: never;
        head?: never;
        /**
         * Change a schedule; from then on it uses your rights
         * @description What is absent stays. `spec` and `policies` are replaced whole. Dues before a change of `spec` are not made up for. Needs the right `schedules:manage`.
         */
        patch: operations["updateSchedule"];
        trace?: never;
    };
    "/v1/fleets/{fleet}/schedules/{schedule}/passed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Dues that gave no run, and why; the latest first
         * @description Needs the right `schedules:read`.
         */
        get: operations["listPassedDues"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fleets/{fleet}/schedules/{schedule}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stop new dues; what waits or runs goes on
         * @description Needs the right `schedules:manage`.
         */
        post: operations["pauseSchedule"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fleets/{fleet}/schedules/{schedule}/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * When it runs next, in local time and UTC
         * @description Needs the right `schedules:read`.
         */
        get: operations["previewSchedule"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fleets/{fleet}/schedules/{schedule}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let a paused schedule go on; from then on it uses your rights
         * @description What was due during the pause is not made up for. Needs the right `schedules:manage`.
         */
        post: operations["resumeSchedule"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fleets/{fleet}/schedules/{schedule}/run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Run it now, whether it is due or not
         * @description It uses the rights of the schedule, and waits for its turn as every run of it does. Needs the right `schedules:run`.
         */
        post: operations["runSchedule"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fleets/{fleet}/schedules/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * When a schedule would run that is not made yet
         * @description Needs the right `schedules:read`.
         */
        post: operations["previewSpec"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fleets/{fleet}/service-accounts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The fleet's members that are programs
         * @description Needs the right `members:read`.
         */
        get: operations["listServiceAccounts"];
        put?: never;
        /**
         * Make a member that is a program: its keys depend on no person
         * @description Needs the right `members:manage`.
         */
        post: operations["createServiceAccount"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fleets/{fleet}/service-accounts/{serviceAccount}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One service account
         * @description Needs the right `members:read`.
         */
        get: operations["getServiceAccount"];
        put?: never;
        post?: never;
        /**
         * Remove a service account with its keys, here and at every edge at once
         * @description You need every right that it has. Needs the right `members:manage`.
         */
        delete: operations["deleteServiceAccount"];
        options?: never;
        head?: never;
        /**
         * Change a service account: its name, role, or whether it is disabled
         * @description You need every right that it has and will have, here and on single machines. Needs the right `members:manage`.
         */
        patch: operations["updateServiceAccount"];
        trace?: never;
    };
    "/v1/fleets/{fleet}/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The catalogue of sessions, newest first
         * @description Needs the right `sessions:read`.
         */
        get: operations["listSessions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fleets/{fleet}/sessions/{session}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One session, with who was attached
         * @description Needs the right `sessions:read`.
         */
        get: operations["getSession"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fleets/{fleet}/usage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What was used and what it cost, by key, member, machine, model or day
         * @description Needs the right `usage:read`.
         */
        get: operations["getUsage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fleets/{fleet}/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The fleet's webhooks
         * @description Needs the right `webhooks:read`.
         */
        get: operations["listWebhooks"];
        put?: never;
        /**
         * Have another service told of what happens
         * @description Needs the right `webhooks:manage`.
         */
        post: operations["createWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fleets/{fleet}/webhooks/{webhook}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One webhook
         * @description Needs the right `webhooks:read`.
         */
        get: operations["getWebhook"];
        put?: never;
        post?: never;
        /**
         * Remove a webhook, what waits for it, and its log
         * @description Needs the right `webhooks:manage`.
         */
        delete: operations["deleteWebhook"];
        options?: never;
        head?: never;
        /**
         * Change, disable or enable a webhook
         * @description Disabling drops what waits; entries of the audit log wait in the log. The secret stays: another one is another webhook. Needs the right `webhooks:manage`.
         */
        patch: operations["updateWebhook"];
        trace?: never;
    };
    "/v1/fleets/{fleet}/webhooks/{webhook}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What was sent, and what came of it; 14 days
         * @description Of a fleet's audit entries: with the right to read them, `audit:read`. Needs the right `webhooks:read`.
         */
        get: operations["listWebhookDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fleets/{fleet}/webhooks/{webhook}/deliveries/{delivery}/redeliver": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a finished delivery again, with its id and its text
         * @description Needs the right `webhooks:manage`.
         */
        post: operations["redeliverWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fleets/{fleet}/webhooks/{webhook}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send an event of the type webhook.test
         * @description It waits as any other does; its delivery says what came of it. Needs the right `webhooks:manage`.
         */
        post: operations["testWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/identity-providers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Where else people sign in
         * @description Needs the right `identity:manage`.
         */
        get: operations["listIdentityProviders"];
        put?: never;
        /**
         * Let people sign in with OpenID Connect
         * @description Needs the right `identity:manage`. Needs a sign-in of the last 15 minutes, or a program's scope for it.
         */
        post: operations["createIdentityProvider"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/identity-providers/{provider}": {
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
         * Nobody signs in there any more; accounts and what they have stay
         * @description Needs the right `identity:manage`. Needs a sign-in of the last 15 minutes, or a program's scope for it.
         */
        delete: operations["deleteIdentityProvider"];
        options?: never;
        head?: never;
        /**
         * Change an identity provider, or shut it for now
         * @description Its issuer and slug stay: who somebody is there means nothing at another issuer. What is live stays so; the next sign-in goes by what is set then. Needs the right `identity:manage`. Needs a sign-in of the last 15 minutes, or a program's scope for it.
         */
        patch: operations["updateIdentityProvider"];
        trace?: never;
    };
    "/v1/identity-providers/{provider}/group-roles": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Which group there gives which role in which fleet here
         * @description Needs the right `identity:manage`.
         */
        get: operations["listGroupRoles"];
        /**
         * Which group there gives which role in which fleet here; all of them at once
         * @description Applied at each sign-in there. Give what you have yourself. Needs the right `identity:manage`. Needs a sign-in of the last 15 minutes, or a program's scope for it.
         */
        put: operations["putGroupRoles"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/invitations/accept": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Accept an invitation into a fleet
         * @description Of many at once one is taken. A key does not accept: it would reach further than it was given. Needs any live credential.
         */
        post: operations["acceptInvitation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/join": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Join a fleet with a join token and a key of one's own
         * @description A machine whose key is known comes back as the same machine. 202: somebody has to let it in; ask again with the same token and key. Open to anybody: the join token and the proof of the key are what counts.
         */
        post: operations["join"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/join/challenge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask for what a joining machine signs
         * @description Open to anybody: a challenge gives nothing.
         */
        post: operations["joinChallenge"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/join/state": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask whether a waiting machine was let in
         * @description When it was, it joins again with the same token and key. Open to anybody: it says one word to whoever was given the id.
         */
        post: operations["enrolmentState"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/leaked-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Revoke a token that was found where it should not be
         * @description Takes keys, logins, credentials of edges, and join tokens. Its owner, and whoever may revoke keys in its fleet, is told what it did; a stranger learns nothing. Open to anybody: whoever holds the token could do worse with it than end it.
         */
        post: operations["reportLeakedKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/machines/rotation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Propose a machine's next key, with the proof of both
         * @description Repeated, the newest proposal counts. The old key holds until the new one gets a token. Open to anybody: the proof of the machine's key is what counts.
         */
        post: operations["proposeMachineKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/machines/token": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A machine's next token, for the proof of its key
         * @description `mark` is the `nextMark` of the request before. A request that names another one comes from a copy: the machine is locked. A key that was proposed becomes the machine's key with this. Open to anybody: the proof of the machine's key is what counts.
         */
        post: operations["issueMachineToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/machines/token/challenge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask for what a machine signs
         * @description Open to anybody: a challenge gives nothing.
         */
        post: operations["machineTokenChallenge"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/providers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Providers that the installation shares with every fleet
         * @description Needs the right `installation:providers`.
         */
        get: operations["listSharedProviders"];
        put?: never;
        /**
         * Share a provider of models with every fleet
         * @description A fleet's own provider of the same name takes its place for that fleet, a person's own for that person. Needs the right `installation:providers`.
         */
        post: operations["createSharedProvider"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/providers/{provider}": {
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
         * Take a shared provider away, with its keys
         * @description Needs the right `installation:providers`.
         */
        delete: operations["deleteSharedProvider"];
        options?: never;
        head?: never;
        /**
         * Replace a shared provider's address, keys, headers or models
         * @description Needs the right `installation:providers`.
         */
        patch: operations["updateSharedProvider"];
        trace?: never;
    };
    "/v1/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Open a session on a machine; answers with a ticket for the relay
         * @description From there on the client talks to the relay alone. Needs the right `sessions:open`.
         */
        post: operations["openSession"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sessions/{session}/tickets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A ticket that attaches to one session at the relay and opens nothing else
         * @description Needs the right `sessions:observe`.
         */
        post: operations["issueTicket"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/setup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make the installation's owner, with the one-time code of cmdop control setup-url
         * @description Open to anybody: there is nobody yet; the code is the proof.
         */
        post: operations["setUp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sign-in": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How one can sign in here
         * @description Open to anybody: whoever is about to sign in has no credential.
         */
        get: operations["describeSignIn"];
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
    "/v1/sign-in/confirm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Prove again who you are: the login counts as fresh for 15 minutes
         * @description Needs any live credential.
         */
        post: operations["confirmSignIn"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sign-in/confirm/passkey": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Prove again who you are, with a passkey
         * @description Needs any live credential.
         */
        post: operations["confirmWithPasskey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sign-in/oidc-callback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Back from an outside identity provider (a page, not an API)
         * @description Open to anybody: the provider's answer is the proof.
         */
        get: operations["finishOidc"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sign-in/oidc/{provider}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * To an outside identity provider (a page, not an API)
         * @description Open to anybody: whoever is about to sign in has no credential.
         */
        get: operations["beginOidc"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sign-in/passkey": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign in with a passkey: it is the second factor too
         * @description Open to anybody: the passkey is the proof.
         */
        post: operations["signInWithPasskey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sign-in/passkey/options": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What a browser needs to ask for a passkey (PublicKeyCredentialRequestOptionsJSON)
         * @description Open to anybody: whoever is about to sign in has no credential.
         */
        post: operations["beginPasskeySignIn"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sign-in/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign in with address and password
         * @description The session is in the cookie that the answer sets; or a second factor is asked for. Open to anybody: the password is the proof.
         */
        post: operations["signInWithPassword"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sign-in/password-reset": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Choose a password with the code that an owner gave; every login of the account ends
         * @description Open to anybody: the code is the proof.
         */
        post: operations["redeemPasswordReset"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sign-in/second-factor": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give the second factor after a password
         * @description Open to anybody: the challenge says that the password was given.
         */
        post: operations["signInWithSecondFactor"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sign-in/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * How people may sign in here (GET /v1/sign-in says what holds)
         * @description Needs the right `identity:manage`. Needs a sign-in of the last 15 minutes, or a program's scope for it.
         */
        put: operations["putSignInSettings"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sign-out": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End the login with which this is asked
         * @description Needs any live credential.
         */
        post: operations["signOut"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/signing-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The keys by which edges verify tickets and machines' tokens, the oldest first
         * @description Needs the right `edges:read`.
         */
        get: operations["listSigningKeys"];
        put?: never;
        /**
         * Make the next signing key: it signs a day later, when every edge has it
         * @description 409 `conflict` while one waits already: two are never under way. The control plane does it by itself every 90 days. Needs the right `edges:manage`. Needs a sign-in of the last 15 minutes, or a program's scope for it.
         */
        post: operations["rotateSigningKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/signing-keys/withdrawal": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Shut out every signing key of now, since one was stolen; a new one signs at once
         * @description Relays refuse what those signed within a second, and end the links and attachments that were opened with it. Machines come back by themselves; tickets are to be asked for again. Edges that are away hear of it when they are back. Needs the right `edges:manage`. Needs a sign-in of the last 15 minutes, or a program's scope for it.
         */
        post: operations["withdrawSigningKeys"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/terminal-logins": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign the terminal beside this browser in as yourself (RFC 8252, PKCE)
         * @description What the page /oauth/authorize sends when its button is pressed. Needs any live credential. Needs a sign-in of the last 15 minutes, or a program's scope for it.
         */
        post: operations["authorizeTerminal"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The installation's webhooks
         * @description Needs the right `installation:webhooks`.
         */
        get: operations["listInstallationWebhooks"];
        put?: never;
        /**
         * Have another service told of every entry of the audit log
         * @description Needs the right `installation:webhooks`.
         */
        post: operations["createInstallationWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks/{webhook}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One of the installation's webhooks
         * @description Needs the right `installation:webhooks`.
         */
        get: operations["getInstallationWebhook"];
        put?: never;
        post?: never;
        /**
         * Remove one of the installation's, what waits for it, and its log
         * @description Needs the right `installation:webhooks`.
         */
        delete: operations["deleteInstallationWebhook"];
        options?: never;
        head?: never;
        /**
         * Change one of the installation's
         * @description Disabling drops what waits; entries of the audit log wait in the log. The secret stays: another one is another webhook. Needs the right `installation:webhooks`.
         */
        patch: operations["updateInstallationWebhook"];
        trace?: never;
    };
    "/v1/webhooks/{webhook}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What one of the installation's was sent, and what came of it; 14 days
         * @description Of a fleet's audit entries: with the right to read them, `audit:read`. Needs the right `installation:webhooks`.
         */
        get: operations["listInstallationWebhookDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks/{webhook}/deliveries/{delivery}/redeliver": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send one of the installation's a finished delivery again, with its id and its text
         * @description Needs the right `installation:webhooks`.
         */
        post: operations["redeliverInstallationWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks/{webhook}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send one of the installation's an event of the type webhook.test
         * @description It waits as any other does; its delivery says what came of it. Needs the right `installation:webhooks`.
         */
        post: operations["testInstallationWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/whoami": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who this credential stands for, and what it may
         * @description Needs any live credential.
         */
        get: operations["whoAmI"];
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
        Account: {
            /** Format: date-time */
            createdAt: string;
            disabledAt: string | null;
            email: string;
            hasPassword: boolean;
            id: string;
            /** @enum {string} */
            installationRole: "owner" | "member" | "auditor";
            lastSignInAt: string | null;
            name: string;
            version: number;
        };
        AccountInput: {
            /** Format: date-time */
            createdAt: string;
            disabledAt: string | null;
            email: string;
            hasPassword: boolean;
            id: string;
            /** @enum {string} */
            installationRole: "owner" | "member" | "auditor";
            lastSignInAt: string | null;
            name: string;
            version: number;
        };
        AuditCheckpoint: {
            /** Format: date-time */
            at: string;
            /** @description C2SP signed note */
            checkpoint: string;
            /** @description Entries that it covers */
            size: number;
        };
        AuditCheckpointInput: {
            /** Format: date-time */
            at: string;
            /** @description C2SP signed note */
            checkpoint: string;
            /** @description Entries that it covers */
            size: number;
        };
        AuditConsistency: {
            /** @description C2SP signed note */
            checkpoint: string;
            /** @description Entries that the kept checkpoint covers */
            from: number;
            /** @description RFC 9162 2.1.4: from the smaller size to the greater */
            proof: string[];
            /** @description Entries that the checkpoint covers */
            size: number;
            /** @description The log's public key (C2SP signed-note) */
            verifierKey: string;
        };
        AuditConsistencyInput: {
            /** @description C2SP signed note */
            checkpoint: string;
            /** @description Entries that the kept checkpoint covers */
            from: number;
            /** @description RFC 9162 2.1.4: from the smaller size to the greater */
            proof: string[];
            /** @description Entries that the checkpoint covers */
            size: number;
            /** @description The log's public key (C2SP signed-note) */
            verifierKey: string;
        };
        AuditEntry: {
            action: string;
            actor: {
                fingerprint?: string;
                id: string;
                kind: string;
                name?: string;
            };
            after?: string;
            /** Format: date-time */
            at: string;
            before?: string;
            body: {
                [key: string]: unknown;
            };
            client?: string;
            fleet?: string;
            /** @description SHA-256 of the hash before it and of the entry's canonical JSON */
            hash: string;
            ip?: string;
            /** @enum {string} */
            outcome: "allowed" | "denied" | "failed";
            reason?: string;
            requestId: string;
            seq: number;
            target?: {
                id: string;
                kind: string;
            };
        };
        AuditEntryInput: {
            action: string;
            actor: {
                fingerprint?: string;
                id: string;
                kind: string;
                name?: string;
            };
            after?: string;
            /** Format: date-time */
            at: string;
            before?: string;
            body: {
                [key: string]: unknown;
            };
            client?: string;
            fleet?: string;
            /** @description SHA-256 of the hash before it and of the entry's canonical JSON */
            hash: string;
            ip?: string;
            /** @enum {string} */
            outcome: "allowed" | "denied" | "failed";
            reason?: string;
            requestId: string;
            seq: number;
            target?: {
                id: string;
                kind: string;
            };
        };
        AuditProof: {
            /** @description C2SP signed note */
            checkpoint: string;
            entry: components["schemas"]["AuditEntry"];
            /** @description Hash of the entry before it; zeros before the first */
            previousHash: string;
            /** @description RFC 9162 2.1.3: from leaf seq - 1 to the checkpoint's root */
            proof: string[];
            /** @description Entries that the checkpoint covers */
            size: number;
            /** @description The log's public key (C2SP signed-note) */
            verifierKey: string;
        };
        AuditProofInput: {
            /** @description C2SP signed note */
            checkpoint: string;
            entry: components["schemas"]["AuditEntryInput"];
            /** @description Hash of the entry before it; zeros before the first */
            previousHash: string;
            /** @description RFC 9162 2.1.3: from leaf seq - 1 to the checkpoint's root */
            proof: string[];
            /** @description Entries that the checkpoint covers */
            size: number;
            /** @description The log's public key (C2SP signed-note) */
            verifierKey: string;
        };
        Budget: {
            /** Format: date-time */
            createdAt: string;
            id: string;
            /** @description Over it requests are refused; otherwise it only alerts, as that of a machine always does */
            isHard: boolean;
            limitMicros: number;
            /** @enum {string} */
            period: "day" | "month" | "total";
            resetsAt: string | null;
            spentMicros: number;
            /** @enum {string} */
            subject: "key" | "member" | "machine" | "fleet";
            /** @description Empty: the fleet itself */
            subjectId: string;
            version: number;
        };
        BudgetInput: {
            /** Format: date-time */
            createdAt: string;
            id: string;
            /** @description Over it requests are refused; otherwise it only alerts, as that of a machine always does */
            isHard: boolean;
            limitMicros: number;
            /** @enum {string} */
            period: "day" | "month" | "total";
            resetsAt: string | null;
            spentMicros: number;
            /** @enum {string} */
            subject: "key" | "member" | "machine" | "fleet";
            /** @description Empty: the fleet itself */
            subjectId: string;
            version: number;
        };
        DeviceLogin: {
            /** @description As it calls itself */
            client: {
                [key: string]: string;
            };
            /** Format: date-time */
            expiresAt: string;
            id: string;
            /** @description Whether it asked from the address from which you do */
            isFromHere: boolean;
            /** Format: date-time */
            requestedAt: string;
            requestedFrom: string | null;
        };
        DeviceLoginInput: {
            /** @description As it calls itself */
            client: {
                [key: string]: string;
            };
            /** Format: date-time */
            expiresAt: string;
            id: string;
            /** @description Whether it asked from the address from which you do */
            isFromHere: boolean;
            /** Format: date-time */
            requestedAt: string;
            requestedFrom: string | null;
        };
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
        Enrolment: {
            /** @description The machine shows the same one */
            code: string;
            decidedAt: string | null;
            decidedBy: string | null;
            /** Format: date-time */
            expiresAt: string;
            fleetId: string;
            hostname: string;
            id: string;
            joinTokenId: string;
            keyFingerprint: string;
            name: string;
            /** Format: date-time */
            requestedAt: string;
            requestedFrom: string | null;
            /** @enum {string} */
            state: "waiting" | "approved" | "denied";
        };
        EnrolmentInput: {
            /** @description The machine shows the same one */
            code: string;
            decidedAt: string | null;
            decidedBy: string | null;
            /** Format: date-time */
            expiresAt: string;
            fleetId: string;
            hostname: string;
            id: string;
            joinTokenId: string;
            keyFingerprint: string;
            name: string;
            /** Format: date-time */
            requestedAt: string;
            requestedFrom: string | null;
            /** @enum {string} */
            state: "waiting" | "approved" | "denied";
        };
        EnrolmentWaiting: {
            askAgainS: number;
            /** @description Whoever lets it in sees the same one */
            code: string;
            enrolmentId: string;
            /** Format: date-time */
            expiresAt: string;
            fleet: {
                id: string;
                slug: string;
            };
        };
        EnrolmentWaitingInput: {
            askAgainS: number;
            /** @description Whoever lets it in sees the same one */
            code: string;
            enrolmentId: string;
            /** Format: date-time */
            expiresAt: string;
            fleet: {
                id: string;
                slug: string;
            };
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
        /** @enum {string} */
        FleetRight: "fleet:read" | "fleet:update" | "fleet:delete" | "members:read" | "members:invite" | "members:manage" | "roles:read" | "roles:manage" | "keys:read" | "keys:create" | "keys:revoke" | "machines:read" | "machines:join" | "machines:approve" | "machines:manage" | "machines:remove" | "sessions:read" | "sessions:open" | "sessions:operate" | "sessions:observe" | "sessions:close" | "schedules:read" | "schedules:manage" | "schedules:run" | "audit:read" | "audit:export" | "webhooks:read" | "webhooks:manage" | "providers:read" | "providers:manage" | "usage:read" | "budgets:manage" | "models:use";
        /** @enum {string} */
        FleetRightInput: "fleet:read" | "fleet:update" | "fleet:delete" | "members:read" | "members:invite" | "members:manage" | "roles:read" | "roles:manage" | "keys:read" | "keys:create" | "keys:revoke" | "machines:read" | "machines:join" | "machines:approve" | "machines:manage" | "machines:remove" | "sessions:read" | "sessions:open" | "sessions:operate" | "sessions:observe" | "sessions:close" | "schedules:read" | "schedules:manage" | "schedules:run" | "audit:read" | "audit:export" | "webhooks:read" | "webhooks:manage" | "providers:read" | "providers:manage" | "usage:read" | "budgets:manage" | "models:use";
        IdentityProvider: {
            clientId: string;
            /** Format: date-time */
            createdAt: string;
            disabledAt: string | null;
            /** @default groups */
            groupsClaim: string;
            hasClientSecret: boolean;
            id: string;
            /**
             * Format: uri
             * @description https://; plain http to this machine alone
             */
            issuer: string;
            /**
             * @description Whether each sign-in there counts as one with a second factor
             * @default false
             */
            mfaTrusted: boolean;
            name: string;
            /** @description To be entered at the provider */
            redirectUri: string;
            /**
             * @default [
             *       "openid",
             *       "email",
             *       "profile"
             *     ]
             */
            scopes: string[];
            /**
             * @description Whether somebody who is not known yet gets an account
             * @default false
             */
            signUp: boolean;
            slug: string;
            version: number;
        };
        IdentityProviderInput: {
            clientId: string;
            /** Format: date-time */
            createdAt: string;
            disabledAt: string | null;
            /** @default groups */
            groupsClaim: string;
            hasClientSecret: boolean;
            id: string;
            /**
             * Format: uri
             * @description https://; plain http to this machine alone
             */
            issuer: string;
            /**
             * @description Whether each sign-in there counts as one with a second factor
             * @default false
             */
            mfaTrusted: boolean;
            name: string;
            /** @description To be entered at the provider */
            redirectUri: string;
            /**
             * @default [
             *       "openid",
             *       "email",
             *       "profile"
             *     ]
             */
            scopes: string[];
            /**
             * @description Whether somebody who is not known yet gets an account
             * @default false
             */
            signUp: boolean;
            slug: string;
            version: number;
        };
        Invitation: {
            acceptedAt: string | null;
            acceptedBy: string | null;
            /** Format: date-time */
            createdAt: string;
            createdBy: string;
            email: string;
            /** Format: date-time */
            expiresAt: string;
            fleetId: string;
            id: string;
            membershipExpiresAt: string | null;
            role: string;
            /** @enum {string} */
            state: "waiting" | "accepted" | "cancelled" | "expired";
        };
        InvitationInput: {
            acceptedAt: string | null;
            acceptedBy: string | null;
            /** Format: date-time */
            createdAt: string;
            createdBy: string;
            email: string;
            /** Format: date-time */
            expiresAt: string;
            fleetId: string;
            id: string;
            membershipExpiresAt: string | null;
            role: string;
            /** @enum {string} */
            state: "waiting" | "accepted" | "cancelled" | "expired";
        };
        JoinToken: {
            approval: boolean;
            /** Format: date-time */
            createdAt: string;
            createdBy: string;
            ephemeralAfterMinutes: number | null;
            /** Format: date-time */
            expiresAt: string;
            fingerprint: string;
            fleetId: string;
            id: string;
            lastUsedAt: string | null;
            maxUses: number;
            name: string;
            /** @description The control plane's keys that the join string names */
            pins: string[];
            /** @enum {string} */
            state: "live" | "used_up" | "expired" | "revoked";
            tags: string[];
            uses: number;
            version: number;
        };
        JoinTokenInput: {
            approval: boolean;
            /** Format: date-time */
            createdAt: string;
            createdBy: string;
            ephemeralAfterMinutes: number | null;
            /** Format: date-time */
            expiresAt: string;
            fingerprint: string;
            fleetId: string;
            id: string;
            lastUsedAt: string | null;
            maxUses: number;
            name: string;
            /** @description The control plane's keys that the join string names */
            pins: string[];
            /** @enum {string} */
            state: "live" | "used_up" | "expired" | "revoked";
            tags: string[];
            uses: number;
            version: number;
        };
        Key: {
            /** @enum {string} */
            actor: "ai" | "program";
            bearer: {
                id: string;
                /** @enum {string} */
                kind: "account" | "service";
                name: string;
            };
            /** Format: date-time */
            createdAt: string;
            createdBy: string | null;
            expiresAt: string | null;
            /** @description Its name in lists, in the audit log and in the logs of edges */
            fingerprint: string;
            fleetId: string;
            id: string;
            /**
             * @description Of a person, of a service account
             * @enum {string}
             */
            kind: "api" | "svc";
            lastUsedAt: string | null;
            lastUsedFrom: string | null;
            limits: {
                concurrent?: number;
                models?: string[];
                /** @description Of one request's body, at the router */
                requestBytes?: number;
                requestsPerMinute?: number;
                tokensPerMinute?: number;
            };
            name: string;
            /** @description The key that took its place by rotation */
            replacedBy: string | null;
            revokedAt: string | null;
            revokedReason: string | null;
            /** @description Null: all that its bearer may */
            scopes: string[] | null;
            /** @enum {string} */
            state: "live" | "expired" | "revoked";
            version: number;
        };
        KeyInput: {
            /** @enum {string} */
            actor: "ai" | "program";
            bearer: {
                id: string;
                /** @enum {string} */
                kind: "account" | "service";
                name: string;
            };
            /** Format: date-time */
            createdAt: string;
            createdBy: string | null;
            expiresAt: string | null;
            /** @description Its name in lists, in the audit log and in the logs of edges */
            fingerprint: string;
            fleetId: string;
            id: string;
            /**
             * @description Of a person, of a service account
             * @enum {string}
             */
            kind: "api" | "svc";
            lastUsedAt: string | null;
            lastUsedFrom: string | null;
            limits: {
                concurrent?: number;
                models?: string[];
                /** @description Of one request's body, at the router */
                requestBytes?: number;
                requestsPerMinute?: number;
                tokensPerMinute?: number;
            };
            name: string;
            /** @description The key that took its place by rotation */
            replacedBy: string | null;
            revokedAt: string | null;
            revokedReason: string | null;
            /** @description Null: all that its bearer may */
            scopes: string[] | null;
            /** @enum {string} */
            state: "live" | "expired" | "revoked";
            version: number;
        };
        LeakedKeyTrace: {
            /** Format: date-time */
            createdAt: string;
            /** @description What it did, newest first, the last 200 audit entries */
            entries: {
                action: string;
                /** Format: date-time */
                at: string;
                fleetId: string | null;
                outcome: string;
                requestId: string;
                seq: number;
                targetId: string | null;
                targetKind: string | null;
            }[];
            fleetId: string | null;
            id: string;
            kind: string;
            lastUsedAt: string | null;
            lastUsedFrom: string | null;
            name: string;
            /** @description Whether it could be used until now */
            wasLive: boolean;
        };
        LeakedKeyTraceInput: {
            /** Format: date-time */
            createdAt: string;
            /** @description What it did, newest first, the last 200 audit entries */
            entries: {
                action: string;
                /** Format: date-time */
                at: string;
                fleetId: string | null;
                outcome: string;
                requestId: string;
                seq: number;
                targetId: string | null;
                targetKind: string | null;
            }[];
            fleetId: string | null;
            id: string;
            kind: string;
            lastUsedAt: string | null;
            lastUsedFrom: string | null;
            name: string;
            /** @description Whether it could be used until now */
            wasLive: boolean;
        };
        Login: {
            /** @description As it calls itself */
            client: {
                [key: string]: string;
            };
            /** Format: date-time */
            createdAt: string;
            expiresAt: string | null;
            fingerprint: string;
            id: string;
            /** @description Without a use for so long it ends */
            idleMs: number | null;
            /** @description Whether this was asked with it */
            isCurrent: boolean;
            /** @enum {string} */
            kind: "browser" | "cli";
            lastUsedAt: string | null;
            lastUsedFrom: string | null;
            name: string;
            proofs: string[];
            /** @description When its holder last proved who they are */
            signedInAt: string | null;
        };
        LoginInput: {
            /** @description As it calls itself */
            client: {
                [key: string]: string;
            };
            /** Format: date-time */
            createdAt: string;
            expiresAt: string | null;
            fingerprint: string;
            id: string;
            /** @description Without a use for so long it ends */
            idleMs: number | null;
            /** @description Whether this was asked with it */
            isCurrent: boolean;
            /** @enum {string} */
            kind: "browser" | "cli";
            lastUsedAt: string | null;
            lastUsedFrom: string | null;
            name: string;
            proofs: string[];
            /** @description When its holder last proved who they are */
            signedInAt: string | null;
        };
        Machine: {
            /** Format: date-time */
            createdAt: string;
            disabledAt: string | null;
            disabledReason: string | null;
            ephemeralAfterMinutes: number | null;
            facts: {
                agentVersion?: string;
                arch?: string;
                cpuModel?: string;
                cpus?: number;
                isRoot?: boolean;
                memoryBytes?: number;
                osVersion?: string;
                platform?: string;
                shell?: string;
                username?: string;
            };
            fleetId: string;
            generation: number;
            hostname: string;
            id: string;
            isRotationWanted: boolean;
            /** @description The join token's id */
            joinedWith: string;
            keyFingerprint: string;
            liveSessions: number;
            name: string;
            /** @enum {string} */
            presence: "online" | "offline";
            proposedKeyFingerprint: string | null;
            /**
             * Format: date-time
             * @description The last contact that the control plane heard of: its link began or ended, or it asked for a token. While it is online its relay hears it every 30 s, which is not told here
             */
            seenAt: string;
            tags: string[];
            version: number;
        };
        MachineAccess: {
            /** @enum {string} */
            level: "none" | "view" | "execute" | "full";
            machineId: string;
            machineName: string;
        };
        MachineAccessInput: {
            /** @enum {string} */
            level: "none" | "view" | "execute" | "full";
            machineId: string;
            machineName: string;
        };
        MachineChallenge: {
            /** Format: date-time */
            expiresAt: string;
            nonce: string;
        };
        MachineChallengeInput: {
            /** Format: date-time */
            expiresAt: string;
            nonce: string;
        };
        MachineInput: {
            /** Format: date-time */
            createdAt: string;
            disabledAt: string | null;
            disabledReason: string | null;
            ephemeralAfterMinutes: number | null;
            facts: {
                agentVersion?: string;
                arch?: string;
                cpuModel?: string;
                cpus?: number;
                isRoot?: boolean;
                memoryBytes?: number;
                osVersion?: string;
                platform?: string;
                shell?: string;
                username?: string;
            };
            fleetId: string;
            generation: number;
            hostname: string;
            id: string;
            isRotationWanted: boolean;
            /** @description The join token's id */
            joinedWith: string;
            keyFingerprint: string;
            liveSessions: number;
            name: string;
            /** @enum {string} */
            presence: "online" | "offline";
            proposedKeyFingerprint: string | null;
            /**
             * Format: date-time
             * @description The last contact that the control plane heard of: its link began or ended, or it asked for a token. While it is online its relay hears it every 30 s, which is not told here
             */
            seenAt: string;
            tags: string[];
            version: number;
        };
        MachineToken: {
            /** Format: date-time */
            expiresAt: string;
            fleet: {
                id: string;
                slug: string;
            };
            generation: number;
            machineId: string;
            name: string;
            relayCaPin: string | null;
            relays: string[];
            /** @description Propose a new key now */
            rotateKey: boolean;
            /** @description For relays; a JWT bound to the machine's key */
            token: string;
        };
        MachineTokenInput: {
            /** Format: date-time */
            expiresAt: string;
            fleet: {
                id: string;
                slug: string;
            };
            generation: number;
            machineId: string;
            name: string;
            relayCaPin: string | null;
            relays: string[];
            /** @description Propose a new key now */
            rotateKey: boolean;
            /** @description For relays; a JWT bound to the machine's key */
            token: string;
        };
        Member: {
            account: {
                email: string;
                id: string;
                isDisabled: boolean;
                name: string;
            };
            /** Format: date-time */
            createdAt: string;
            expiresAt: string | null;
            fleetId: string;
            id: string;
            invitedBy: string | null;
            /** @description A built-in role's name or a role's id */
            role: string;
            roleName: string;
            /**
             * @description oidc: a group of an identity provider gives it
             * @enum {string}
             */
            source: "manual" | "oidc";
            version: number;
        };
        MemberInput: {
            account: {
                email: string;
                id: string;
                isDisabled: boolean;
                name: string;
            };
            /** Format: date-time */
            createdAt: string;
            expiresAt: string | null;
            fleetId: string;
            id: string;
            invitedBy: string | null;
            /** @description A built-in role's name or a role's id */
            role: string;
            roleName: string;
            /**
             * @description oidc: a group of an identity provider gives it
             * @enum {string}
             */
            source: "manual" | "oidc";
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
        NewInvitation: {
            acceptedAt: string | null;
            acceptedBy: string | null;
            /** Format: date-time */
            createdAt: string;
            createdBy: string;
            email: string;
            /** Format: date-time */
            expiresAt: string;
            fleetId: string;
            id: string;
            membershipExpiresAt: string | null;
            role: string;
            secret: string;
            /** @enum {string} */
            state: "waiting" | "accepted" | "cancelled" | "expired";
        };
        NewInvitationInput: {
            acceptedAt: string | null;
            acceptedBy: string | null;
            /** Format: date-time */
            createdAt: string;
            createdBy: string;
            email: string;
            /** Format: date-time */
            expiresAt: string;
            fleetId: string;
            id: string;
            membershipExpiresAt: string | null;
            role: string;
            secret: string;
            /** @enum {string} */
            state: "waiting" | "accepted" | "cancelled" | "expired";
        };
        NewJoinToken: {
            approval: boolean;
            /** @description Where it is taken */
            controlUrl: string;
            /** Format: date-time */
            createdAt: string;
            createdBy: string;
            ephemeralAfterMinutes: number | null;
            /** Format: date-time */
            expiresAt: string;
            fingerprint: string;
            fleetId: string;
            id: string;
            lastUsedAt: string | null;
            maxUses: number;
            name: string;
            /** @description The control plane's keys that the join string names */
            pins: string[];
            /** @description The join string */
            secret: string;
            /** @enum {string} */
            state: "live" | "used_up" | "expired" | "revoked";
            tags: string[];
            uses: number;
            version: number;
        };
        NewJoinTokenInput: {
            approval: boolean;
            /** @description Where it is taken */
            controlUrl: string;
            /** Format: date-time */
            createdAt: string;
            createdBy: string;
            ephemeralAfterMinutes: number | null;
            /** Format: date-time */
            expiresAt: string;
            fingerprint: string;
            fleetId: string;
            id: string;
            lastUsedAt: string | null;
            maxUses: number;
            name: string;
            /** @description The control plane's keys that the join string names */
            pins: string[];
            /** @description The join string */
            secret: string;
            /** @enum {string} */
            state: "live" | "used_up" | "expired" | "revoked";
            tags: string[];
            uses: number;
            version: number;
        };
        NewKey: {
            /** @enum {string} */
            actor: "ai" | "program";
            bearer: {
                id: string;
                /** @enum {string} */
                kind: "account" | "service";
                name: string;
            };
            /** Format: date-time */
            createdAt: string;
            createdBy: string | null;
            expiresAt: string | null;
            /** @description Its name in lists, in the audit log and in the logs of edges */
            fingerprint: string;
            fleetId: string;
            id: string;
            /**
             * @description Of a person, of a service account
             * @enum {string}
             */
            kind: "api" | "svc";
            lastUsedAt: string | null;
            lastUsedFrom: string | null;
            limits: {
                concurrent?: number;
                models?: string[];
                /** @description Of one request's body, at the router */
                requestBytes?: number;
                requestsPerMinute?: number;
                tokensPerMinute?: number;
            };
            name: string;
            /** @description The key that took its place by rotation */
            replacedBy: string | null;
            revokedAt: string | null;
            revokedReason: string | null;
            /** @description Null: all that its bearer may */
            scopes: string[] | null;
            secret: string;
            /** @enum {string} */
            state: "live" | "expired" | "revoked";
            version: number;
        };
        NewKeyInput: {
            /** @enum {string} */
            actor: "ai" | "program";
            bearer: {
                id: string;
                /** @enum {string} */
                kind: "account" | "service";
                name: string;
            };
            /** Format: date-time */
            createdAt: string;
            createdBy: string | null;
            expiresAt: string | null;
            /** @description Its name in lists, in the audit log and in the logs of edges */
            fingerprint: string;
            fleetId: string;
            id: string;
            /**
             * @description Of a person, of a service account
             * @enum {string}
             */
            kind: "api" | "svc";
            lastUsedAt: string | null;
            lastUsedFrom: string | null;
            limits: {
                concurrent?: number;
                models?: string[];
                /** @description Of one request's body, at the router */
                requestBytes?: number;
                requestsPerMinute?: number;
                tokensPerMinute?: number;
            };
            name: string;
            /** @description The key that took its place by rotation */
            replacedBy: string | null;
            revokedAt: string | null;
            revokedReason: string | null;
            /** @description Null: all that its bearer may */
            scopes: string[] | null;
            secret: string;
            /** @enum {string} */
            state: "live" | "expired" | "revoked";
            version: number;
        };
        NewWebhook: {
            /** Format: date-time */
            createdAt: string;
            createdBy: string;
            disabledReason: string | null;
            /** @description Events that found too many waiting */
            dropped: number;
            /** @description Since when nothing was delivered */
            failingSince: string | null;
            id: string;
            isEnabled: boolean;
            name: string;
            /** @description Shown once */
            secret: string;
            topics: string[];
            url: string;
            version: number;
        };
        NewWebhookInput: {
            /** Format: date-time */
            createdAt: string;
            createdBy: string;
            disabledReason: string | null;
            /** @description Events that found too many waiting */
            dropped: number;
            /** @description Since when nothing was delivered */
            failingSince: string | null;
            id: string;
            isEnabled: boolean;
            name: string;
            /** @description Shown once */
            secret: string;
            topics: string[];
            url: string;
            version: number;
        };
        OAuthError: {
            error: string;
            error_description: string;
            interval?: number;
        } & {
            [key: string]: unknown;
        };
        OAuthErrorInput: {
            error: string;
            error_description: string;
            interval?: number;
        } & {
            [key: string]: unknown;
        };
        OpenedSession: {
            /** Format: date-time */
            expiresAt: string;
            machineId: string;
            name: string;
            relayCaPin: string | null;
            relays: string[];
            /** @enum {string} */
            role: "operator" | "observer";
            secret: string;
            sessionId: string;
        };
        OpenedSessionInput: {
            /** Format: date-time */
            expiresAt: string;
            machineId: string;
            name: string;
            relayCaPin: string | null;
            relays: string[];
            /** @enum {string} */
            role: "operator" | "observer";
            secret: string;
            sessionId: string;
        };
        OutsideIdentity: {
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            lastSignInAt: string;
            provider: {
                id: string;
                name: string;
                slug: string;
            };
            /** @description Who you are there */
            subject: string;
        };
        OutsideIdentityInput: {
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            lastSignInAt: string;
            provider: {
                id: string;
                name: string;
                slug: string;
            };
            /** @description Who you are there */
            subject: string;
        };
        PassedDue: {
            count: number;
            /**
             * Format: date-time
             * @description The last one, where an entry stands for several
             */
            dueAt: string;
            /** Format: date-time */
            firstDueAt: string;
            /** @enum {string} */
            reason: "missed" | "overlap" | "too_many";
        };
        PassedDueInput: {
            count: number;
            /**
             * Format: date-time
             * @description The last one, where an entry stands for several
             */
            dueAt: string;
            /** Format: date-time */
            firstDueAt: string;
            /** @enum {string} */
            reason: "missed" | "overlap" | "too_many";
        };
        Passkey: {
            /** Format: date-time */
            createdAt: string;
            id: string;
            /** @description Whether it is kept in more than one place */
            isBackedUp: boolean;
            lastUsedAt: string | null;
            name: string;
        };
        PasskeyInput: {
            /** Format: date-time */
            createdAt: string;
            id: string;
            /** @description Whether it is kept in more than one place */
            isBackedUp: boolean;
            lastUsedAt: string | null;
            name: string;
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
        Provider: {
            baseUrl: string | null;
            /** Format: date-time */
            createdAt: string;
            id: string;
            /** @description Of the installation, for every fleet */
            isShared: boolean;
            /** @description How many keys it has; they are never shown */
            keys: number;
            /** @enum {string} */
            kind: "openai" | "openrouter" | "serper" | "searxng";
            /** @description What it has, and all that it is asked for; null: any model that it takes */
            models: components["schemas"]["ProviderModel"][] | null;
            /** @description `name/model` reaches it */
            name: string;
            /**
             * @description Of several with one name the first of these counts
             * @enum {string}
             */
            owner: "account" | "fleet" | "installation";
            version: number;
        };
        ProviderInput: {
            baseUrl: string | null;
            /** Format: date-time */
            createdAt: string;
            id: string;
            /** @description Of the installation, for every fleet */
            isShared: boolean;
            /** @description How many keys it has; they are never shown */
            keys: number;
            /** @enum {string} */
            kind: "openai" | "openrouter" | "serper" | "searxng";
            /** @description What it has, and all that it is asked for; null: any model that it takes */
            models: components["schemas"]["ProviderModelInput"][] | null;
            /** @description `name/model` reaches it */
            name: string;
            /**
             * @description Of several with one name the first of these counts
             * @enum {string}
             */
            owner: "account" | "fleet" | "installation";
            version: number;
        };
        ProviderModel: {
            /** @default [] */
            capabilities: ("agents" | "vision" | "code")[];
            /** @default null */
            contextTokens: number | null;
            /** @description As the provider calls it; requests name it `provider/id` */
            id: string;
            /**
             * @description US dollars for a million tokens
             * @default null
             */
            price: {
                input: number;
                output: number;
            } | null;
        };
        ProviderModelInput: {
            /** @default [] */
            capabilities: ("agents" | "vision" | "code")[];
            /** @default null */
            contextTokens: number | null;
            /** @description As the provider calls it; requests name it `provider/id` */
            id: string;
            /**
             * @description US dollars for a million tokens
             * @default null
             */
            price: {
                input: number;
                output: number;
            } | null;
        };
        Role: {
            createdAt: string | null;
            description: string;
            /** @description Of a built-in role: its name */
            id: string;
            isBuiltIn: boolean;
            name: string;
            rights: string[];
            version: number | null;
        };
        RoleInput: {
            createdAt: string | null;
            description: string;
            /** @description Of a built-in role: its name */
            id: string;
            isBuiltIn: boolean;
            name: string;
            rights: string[];
            version: number | null;
        };
        Run: {
            attempt: number;
            /** Format: date-time */
            dueAt: string;
            durationMs: number | null;
            /** @description A code of docs/reference/failures.md */
            errorCode: string | null;
            /** @description Each attempt on each machine */
            executions: components["schemas"]["RunExecution"][];
            exitCode: number | null;
            finishedAt: string | null;
            id: string;
            /** @description It makes up for a due that was noticed late */
            isLate: boolean;
            /** Format: date-time */
            notBefore: string;
            requestedBy: string | null;
            schedule: {
                id: string;
                name: string;
            };
            signal: string | null;
            startedAt: string | null;
            /** @enum {string} */
            status: "waiting" | "running" | "cancelling" | "succeeded" | "failed" | "timed_out" | "offline" | "cancelled" | "refused" | "lost";
            statusReason: string | null;
            /** @enum {string} */
            trigger: "due" | "manual";
        };
        RunExecution: {
            attempt: number;
            errorCode: string | null;
            exitCode: number | null;
            finishedAt: string | null;
            machineId: string;
            /** @description The output is [0, outputBytes) of the session */
            outputBytes: number | null;
            /** @description Its output is in the machine's log under this id */
            sessionId: string | null;
            signal: string | null;
            startedAt: string | null;
            /** @enum {string} */
            status: "starting" | "running" | "succeeded" | "failed" | "timed_out" | "offline" | "cancelled" | "refused" | "lost";
        };
        RunExecutionInput: {
            attempt: number;
            errorCode: string | null;
            exitCode: number | null;
            finishedAt: string | null;
            machineId: string;
            /** @description The output is [0, outputBytes) of the session */
            outputBytes: number | null;
            /** @description Its output is in the machine's log under this id */
            sessionId: string | null;
            signal: string | null;
            startedAt: string | null;
            /** @enum {string} */
            status: "starting" | "running" | "succeeded" | "failed" | "timed_out" | "offline" | "cancelled" | "refused" | "lost";
        };
        RunInput: {
            attempt: number;
            /** Format: date-time */
            dueAt: string;
            durationMs: number | null;
            /** @description A code of docs/reference/failures.md */
            errorCode: string | null;
            /** @description Each attempt on each machine */
            executions: components["schemas"]["RunExecutionInput"][];
            exitCode: number | null;
            finishedAt: string | null;
            id: string;
            /** @description It makes up for a due that was noticed late */
            isLate: boolean;
            /** Format: date-time */
            notBefore: string;
            requestedBy: string | null;
            schedule: {
                id: string;
                name: string;
            };
            signal: string | null;
            startedAt: string | null;
            /** @enum {string} */
            status: "waiting" | "running" | "cancelling" | "succeeded" | "failed" | "timed_out" | "offline" | "cancelled" | "refused" | "lost";
            statusReason: string | null;
            /** @enum {string} */
            trigger: "due" | "manual";
        };
        Schedule: {
            command: {
                /** @description Program and arguments; no shell reads them */
                argv?: string[];
                cwd?: string;
                /** @description Values are null for those who may not manage schedules */
                env?: {
                    [key: string]: string | null;
                };
                /** @description A line for the machine's /bin/sh -c */
                shell?: string;
            };
            /** Format: date-time */
            createdAt: string;
            description: string;
            endReason: string | null;
            id: string;
            lastRun: {
                /** Format: date-time */
                finishedAt: string;
                id: string;
                /** @enum {string} */
                status: "waiting" | "running" | "cancelling" | "succeeded" | "failed" | "timed_out" | "offline" | "cancelled" | "refused" | "lost";
            } | null;
            name: string;
            nextAt: string | null;
            pausedAt: string | null;
            pausedReason: string | null;
            policies: {
                jitterMs: number;
                misfire: {
                    graceMs: number;
                    max: number;
                    /** @enum {string} */
                    policy: "skip" | "once" | "all";
                    windowMs: number;
                };
                /** @enum {string} */
                overlap: "skip" | "queue_one" | "allow" | "cancel_running";
                retry: {
                    firstMs: number;
                    max: number;
                    maxMs: number;
                    on: ("failure" | "timeout" | "offline")[];
                };
                timeoutMs: number;
            };
            /** @description Whose rights it uses: who made, changed or resumed it last */
            runAs: {
                id: string;
                /** @enum {string} */
                kind: "account" | "service";
                name: string | null;
            };
            runsMade: number;
            spec: components["schemas"]["ScheduleSpec"];
            /** @enum {string} */
            state: "active" | "paused" | "ended";
            /** @description When it is due, in a sentence */
            summary: string;
            target: {
                /** @enum {string} */
                kind: "machines" | "tag" | "all";
                machines?: string[];
                tag?: string;
            };
            /** Format: date-time */
            updatedAt: string;
            version: number;
        };
        ScheduleInput: {
            command: {
                /** @description Program and arguments; no shell reads them */
                argv?: string[];
                cwd?: string;
                /** @description Values are null for those who may not manage schedules */
                env?: {
                    [key: string]: string | null;
                };
                /** @description A line for the machine's /bin/sh -c */
                shell?: string;
            };
            /** Format: date-time */
            createdAt: string;
            description: string;
            endReason: string | null;
            id: string;
            lastRun: {
                /** Format: date-time */
                finishedAt: string;
                id: string;
                /** @enum {string} */
                status: "waiting" | "running" | "cancelling" | "succeeded" | "failed" | "timed_out" | "offline" | "cancelled" | "refused" | "lost";
            } | null;
            name: string;
            nextAt: string | null;
            pausedAt: string | null;
            pausedReason: string | null;
            policies: {
                jitterMs: number;
                misfire: {
                    graceMs: number;
                    max: number;
                    /** @enum {string} */
                    policy: "skip" | "once" | "all";
                    windowMs: number;
                };
                /** @enum {string} */
                overlap: "skip" | "queue_one" | "allow" | "cancel_running";
                retry: {
                    firstMs: number;
                    max: number;
                    maxMs: number;
                    on: ("failure" | "timeout" | "offline")[];
                };
                timeoutMs: number;
            };
            /** @description Whose rights it uses: who made, changed or resumed it last */
            runAs: {
                id: string;
                /** @enum {string} */
                kind: "account" | "service";
                name: string | null;
            };
            runsMade: number;
            spec: components["schemas"]["ScheduleSpecInput"];
            /** @enum {string} */
            state: "active" | "paused" | "ended";
            /** @description When it is due, in a sentence */
            summary: string;
            target: {
                /** @enum {string} */
                kind: "machines" | "tag" | "all";
                machines?: string[];
                tag?: string;
            };
            /** Format: date-time */
            updatedAt: string;
            version: number;
        };
        SchedulePreview: {
            /** @description Why there are fewer than asked for */
            end: ("ended" | "never") | null;
            entries: {
                /** @enum {string} */
                kind: "run" | "skipped";
                local: string;
                /** @description What a clock change does to it */
                note: string | null;
                /** @description Null where nothing runs */
                utc: string | null;
            }[];
            summary: string;
        };
        SchedulePreviewInput: {
            /** @description Why there are fewer than asked for */
            end: ("ended" | "never") | null;
            entries: {
                /** @enum {string} */
                kind: "run" | "skipped";
                local: string;
                /** @description What a clock change does to it */
                note: string | null;
                /** @description Null where nothing runs */
                utc: string | null;
            }[];
            summary: string;
        };
        ScheduleSpec: {
            anchorAt?: string;
            at?: string;
            dst?: {
                /** @enum {string} */
                gap: "run_after" | "skip";
                /** @enum {string} */
                overlap: "first" | "last" | "both";
            };
            endsAt: string | null;
            everyS?: number;
            expression?: string;
            /** @enum {string} */
            kind: "cron" | "interval" | "once";
            maxRuns: number | null;
            seconds?: boolean;
            startsAt: string | null;
            timezone: string;
        };
        ScheduleSpecInput: {
            anchorAt?: string;
            at?: string;
            dst?: {
                /** @enum {string} */
                gap: "run_after" | "skip";
                /** @enum {string} */
                overlap: "first" | "last" | "both";
            };
            endsAt: string | null;
            everyS?: number;
            expression?: string;
            /** @enum {string} */
            kind: "cron" | "interval" | "once";
            maxRuns: number | null;
            seconds?: boolean;
            startsAt: string | null;
            timezone: string;
        };
        SecondFactor: {
            code: string;
            /** @constant */
            kind: "totp";
        } | {
            code: string;
            /** @constant */
            kind: "backup_code";
        };
        SecondFactorInput: {
            code: string;
            /** @constant */
            kind: "totp";
        } | {
            code: string;
            /** @constant */
            kind: "backup_code";
        };
        SecondFactorNeeded: {
            /** @description For the next step, within five minutes */
            challenge: string;
            factors: ("totp" | "backup_code" | "passkey")[];
            /** @constant */
            kind: "second_factor_needed";
        };
        SecondFactorNeededInput: {
            /** @description For the next step, within five minutes */
            challenge: string;
            factors: ("totp" | "backup_code" | "passkey")[];
            /** @constant */
            kind: "second_factor_needed";
        };
        ServiceAccount: {
            /** Format: date-time */
            createdAt: string;
            createdBy: string | null;
            description: string;
            disabledAt: string | null;
            fleetId: string;
            id: string;
            name: string;
            role: string;
            version: number;
        };
        ServiceAccountInput: {
            /** Format: date-time */
            createdAt: string;
            createdBy: string | null;
            description: string;
            disabledAt: string | null;
            fleetId: string;
            id: string;
            name: string;
            role: string;
            version: number;
        };
        Session: {
            actor: string | null;
            attachments: number;
            /** Format: date-time */
            createdAt: string;
            endedAt: string | null;
            exitCode: number | null;
            exitReason: string | null;
            exitSignal: string | null;
            id: string;
            inputBytes: number;
            kind: string;
            machineId: string;
            name: string;
            openedBy: string;
            openedByAccount: string | null;
            outputBytes: number;
            /** @description First word of the command line; empty: the machine's shell */
            program: string;
            /** @description Its output; null: no relay has said where it is */
            recording: components["schemas"]["SessionRecording"] | null;
            /** @enum {string} */
            state: "live" | "lost" | "ended";
            /** Format: date-time */
            updatedAt: string;
        };
        SessionAttachment: {
            accountId: string | null;
            actor: string | null;
            /** Format: date-time */
            attachedAt: string;
            detachedAt: string | null;
            id: string;
            name: string;
            outputBytes: number;
            reason: string;
            role: string;
        };
        SessionAttachmentInput: {
            accountId: string | null;
            actor: string | null;
            /** Format: date-time */
            attachedAt: string;
            detachedAt: string | null;
            id: string;
            name: string;
            outputBytes: number;
            reason: string;
            role: string;
        };
        SessionInput: {
            actor: string | null;
            attachments: number;
            /** Format: date-time */
            createdAt: string;
            endedAt: string | null;
            exitCode: number | null;
            exitReason: string | null;
            exitSignal: string | null;
            id: string;
            inputBytes: number;
            kind: string;
            machineId: string;
            name: string;
            openedBy: string;
            openedByAccount: string | null;
            outputBytes: number;
            /** @description First word of the command line; empty: the machine's shell */
            program: string;
            /** @description Its output; null: no relay has said where it is */
            recording: components["schemas"]["SessionRecordingInput"] | null;
            /** @enum {string} */
            state: "live" | "lost" | "ended";
            /** Format: date-time */
            updatedAt: string;
        };
        SessionRecording: {
            /** @description Offset of the first byte of output that is kept */
            from: number | null;
            goneAt: string | null;
            /**
             * @description The machine that it ran on keeps it; a relay reads it from there
             * @enum {string}
             */
            location: "machine";
            machineId: string;
            /**
             * @description As the machine said when it was last heard
             * @enum {string}
             */
            state: "kept" | "gone";
            /** @description Offset after the last one; of a live session as of updatedAt */
            to: number | null;
            /** @description When the machine lets it go at the latest; null: live, gone or not said */
            until: string | null;
        };
        SessionRecordingInput: {
            /** @description Offset of the first byte of output that is kept */
            from: number | null;
            goneAt: string | null;
            /**
             * @description The machine that it ran on keeps it; a relay reads it from there
             * @enum {string}
             */
            location: "machine";
            machineId: string;
            /**
             * @description As the machine said when it was last heard
             * @enum {string}
             */
            state: "kept" | "gone";
            /** @description Offset after the last one; of a live session as of updatedAt */
            to: number | null;
            /** @description When the machine lets it go at the latest; null: live, gone or not said */
            until: string | null;
        };
        SessionTicket: {
            /** Format: date-time */
            expiresAt: string;
            relayCaPin: string | null;
            relays: string[];
            /** @enum {string} */
            role: "operator" | "observer";
            secret: string;
            sessionId: string;
        };
        SessionTicketInput: {
            /** Format: date-time */
            expiresAt: string;
            relayCaPin: string | null;
            relays: string[];
            /** @enum {string} */
            role: "operator" | "observer";
            secret: string;
            sessionId: string;
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
        SignIn: {
            /** Format: date-time */
            at: string;
            client: string | null;
            ip: string | null;
            isSuccess: boolean;
            /** @description Of a success: what was given. Of a failure: what was wrong */
            proofs: string[];
        };
        SigningKey: {
            /** Format: date-time */
            createdAt: string;
            /** @description The key's fingerprint; `kid` in what it signs */
            id: string;
            /** @description Null: no key follows it yet */
            keptUntil: string | null;
            /** Format: date-time */
            signsFrom: string;
            /** @enum {string} */
            state: "next" | "signing" | "retired";
        };
        SigningKeyInput: {
            /** Format: date-time */
            createdAt: string;
            /** @description The key's fingerprint; `kid` in what it signs */
            id: string;
            /** @description Null: no key follows it yet */
            keptUntil: string | null;
            /** Format: date-time */
            signsFrom: string;
            /** @enum {string} */
            state: "next" | "signing" | "retired";
        };
        SignInInput: {
            /** Format: date-time */
            at: string;
            client: string | null;
            ip: string | null;
            isSuccess: boolean;
            /** @description Of a success: what was given. Of a failure: what was wrong */
            proofs: string[];
        };
        SignInSettings: {
            /** @description Whether terminals without a browser may sign in by a code */
            deviceLogin: boolean;
        };
        SignInSettingsInput: {
            /** @description Whether terminals without a browser may sign in by a code */
            deviceLogin: boolean;
        };
        Usage: {
            /** @enum {string} */
            by: "key" | "member" | "machine" | "model" | "day";
            /** Format: date */
            from: string;
            /** @description At most 1000: the days in their order, else those that cost most */
            items: {
                /** @description Millionths of a US dollar */
                costMicros: number;
                inputTokens: number;
                /** @description Empty: none */
                of: string;
                outputTokens: number;
                requests: number;
                searches: number;
                /** @description Requests whose price is not known: they are not in costMicros */
                unpriced: number;
            }[];
            /** Format: date */
            to: string;
            /** @description Of all, listed or not */
            total: {
                /** @description Millionths of a US dollar */
                costMicros: number;
                inputTokens: number;
                outputTokens: number;
                requests: number;
                searches: number;
                /** @description Requests whose price is not known: they are not in costMicros */
                unpriced: number;
            };
        };
        UsageInput: {
            /** @enum {string} */
            by: "key" | "member" | "machine" | "model" | "day";
            /** Format: date */
            from: string;
            /** @description At most 1000: the days in their order, else those that cost most */
            items: {
                /** @description Millionths of a US dollar */
                costMicros: number;
                inputTokens: number;
                /** @description Empty: none */
                of: string;
                outputTokens: number;
                requests: number;
                searches: number;
                /** @description Requests whose price is not known: they are not in costMicros */
                unpriced: number;
            }[];
            /** Format: date */
            to: string;
            /** @description Of all, listed or not */
            total: {
                /** @description Millionths of a US dollar */
                costMicros: number;
                inputTokens: number;
                outputTokens: number;
                requests: number;
                searches: number;
                /** @description Requests whose price is not known: they are not in costMicros */
                unpriced: number;
            };
        };
        Webhook: {
            /** Format: date-time */
            createdAt: string;
            createdBy: string;
            disabledReason: string | null;
            /** @description Events that found too many waiting */
            dropped: number;
            /** @description Since when nothing was delivered */
            failingSince: string | null;
            id: string;
            isEnabled: boolean;
            name: string;
            topics: string[];
            url: string;
            version: number;
        };
        WebhookDelivery: {
            attempts: number;
            /** @description What is signed and sent */
            body: string;
            /** Format: date-time */
            createdAt: string;
            durationMs: number | null;
            /** @description Why the last try had none */
            error: string | null;
            finishedAt: string | null;
            id: string;
            nextAt: string | null;
            /** @enum {string} */
            state: "waiting" | "delivered" | "failed";
            /** @description HTTP status of the last try */
            status: number | null;
            type: string;
        };
        WebhookDeliveryInput: {
            attempts: number;
            /** @description What is signed and sent */
            body: string;
            /** Format: date-time */
            createdAt: string;
            durationMs: number | null;
            /** @description Why the last try had none */
            error: string | null;
            finishedAt: string | null;
            id: string;
            nextAt: string | null;
            /** @enum {string} */
            state: "waiting" | "delivered" | "failed";
            /** @description HTTP status of the last try */
            status: number | null;
            type: string;
        };
        WebhookInput: {
            /** Format: date-time */
            createdAt: string;
            createdBy: string;
            disabledReason: string | null;
            /** @description Events that found too many waiting */
            dropped: number;
            /** @description Since when nothing was delivered */
            failingSince: string | null;
            id: string;
            isEnabled: boolean;
            name: string;
            topics: string[];
            url: string;
            version: number;
        };
        WhoAmI: {
            credential: {
                expiresAt: string | null;
                fingerprint: string;
                /** @description Null: all of its bearer's */
                fleets: string[] | null;
                hasSecondFactor: boolean;
                id: string;
                idleMs: number | null;
                /** @enum {string} */
                kind: "ses" | "cli" | "api" | "svc";
                name: string;
                /** @description Null: all that its bearer may */
                scopes: string[] | null;
                signedInAt: string | null;
            };
            email: string | null;
            fleets: {
                expiresAt: string | null;
                id: string;
                isSecondFactorNeeded: boolean;
                rights: string[];
                role: string;
                slug: string;
            }[];
            id: string;
            installationRights: string[];
            installationRole: string | null;
            /** @enum {string} */
            kind: "account" | "service";
            name: string;
            /** @description Of the relays' CA; null: the system's CAs are trusted */
            relayCaPin: string | null;
            /** @description Where sessions are reached, as host:port */
            relays: string[];
        };
        WhoAmIInput: {
            credential: {
                expiresAt: string | null;
                fingerprint: string;
                /** @description Null: all of its bearer's */
                fleets: string[] | null;
                hasSecondFactor: boolean;
                id: string;
                idleMs: number | null;
                /** @enum {string} */
                kind: "ses" | "cli" | "api" | "svc";
                name: string;
                /** @description Null: all that its bearer may */
                scopes: string[] | null;
                signedInAt: string | null;
            };
            email: string | null;
            fleets: {
                expiresAt: string | null;
                id: string;
                isSecondFactorNeeded: boolean;
                rights: string[];
                role: string;
                slug: string;
            }[];
            id: string;
            installationRights: string[];
            installationRole: string | null;
            /** @enum {string} */
            kind: "account" | "service";
            name: string;
            /** @description Of the relays' CA; null: the system's CAs are trusted */
            relayCaPin: string | null;
            /** @description Where sessions are reached, as host:port */
            relays: string[];
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
    requestDeviceLogin: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/x-www-form-urlencoded": {
                    client_id: string;
                    client_name?: string;
                    client_version?: string;
                    hostname?: string;
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
                    "application/json": {
                        device_code: string;
                        expires_in: number;
                        interval: number;
                        user_code: string;
                        verification_uri: string;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OAuthError"];
                };
            };
        };
    };
    takeTokenBack: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/x-www-form-urlencoded": {
                    client_id: string;
                    token: string;
                    token_type_hint?: string;
                };
            };
        };
        responses: {
            /** @description Default Response */
            200: {
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
                    "application/json": components["schemas"]["OAuthError"];
                };
            };
        };
    };
    giveToken: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/x-www-form-urlencoded": {
                    client_id: string;
                    code?: string;
                    code_verifier?: string;
                    device_code?: string;
                    grant_type: string;
                    redirect_uri?: string;
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
                    "application/json": {
                        access_token: string;
                        account_id: string;
                        account_name: string;
                        email: string;
                        fingerprint: string;
                        login_id: string;
                        /** @enum {string} */
                        token_type: "Bearer";
                    };
                };
            };
            /** @description Default Response */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        error: string;
                        error_description: string;
                    } & {
                        [key: string]: unknown;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OAuthError"];
                };
            };
        };
    };
    newBackupCodes: {
        parameters: {
            query?: never;
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
                        backupCodes: string[];
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
    listIdentities: {
        parameters: {
            query?: never;
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
                        items: components["schemas"]["OutsideIdentity"][];
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
    beginLink: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Slug */
                    provider: string;
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
                    "application/json": {
                        url: string;
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
    unlinkIdentity: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id */
                provider: string;
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
    listLogins: {
        parameters: {
            query?: {
                cursor?: string;
                kind?: "browser" | "cli";
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
                        items: components["schemas"]["Login"][];
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
    endLogin: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id */
                login: string;
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
    endOtherLogins: {
        parameters: {
            query?: never;
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
                        ended: number;
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
    listPasskeys: {
        parameters: {
            query?: never;
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
                        items: components["schemas"]["Passkey"][];
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
    addPasskey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    challenge: string;
                    name: string;
                    /** @description RegistrationResponseJSON */
                    response: {
                        [key: string]: unknown;
                    };
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
                    "application/json": components["schemas"]["Passkey"];
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
    removePasskey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id */
                passkey: string;
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
    updatePasskey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id */
                passkey: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    name: string;
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
                    "application/json": components["schemas"]["Passkey"];
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
    beginPasskey: {
        parameters: {
            query?: never;
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
                        challenge: string;
                        options: {
                            [key: string]: unknown;
                        };
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
    setPassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    password: string;
                };
            };
        };
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
    listAccountProviders: {
        parameters: {
            query?: never;
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
                        items: components["schemas"]["Provider"][];
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
    createAccountProvider: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @default null */
                    baseUrl?: string | null;
                    /**
                     * @description Sent with every request to it; sealed as the keys are
                     * @default {}
                     */
                    headers?: {
                        [key: string]: string;
                    };
                    /** @default [] */
                    keys?: string[];
                    /**
                     * @description openai: any OpenAI-compatible server; serper, searxng: searches of the web
                     * @default openai
                     * @enum {string}
                     */
                    kind?: "openai" | "openrouter" | "serper" | "searxng";
                    /**
                     * @description What it has, and all that it is asked for; null: any model that it takes
                     * @default null
                     */
                    models?: components["schemas"]["ProviderModelInput"][] | null;
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
                    "application/json": components["schemas"]["Provider"];
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
    deleteAccountProvider: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                provider: string;
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
    updateAccountProvider: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                provider: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    baseUrl?: string | null;
                    headers?: {
                        [key: string]: string;
                    };
                    keys?: string[];
                    /** @description What it has, and all that it is asked for; null: any model that it takes */
                    models?: components["schemas"]["ProviderModelInput"][] | null;
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
                    "application/json": components["schemas"]["Provider"];
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
    listSignIns: {
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
                        items: components["schemas"]["SignIn"][];
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
    putTotp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    challenge: string;
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
                    "application/json": {
                        backupCodes: string[];
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
    removeTotp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
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
    beginTotp: {
        parameters: {
            query?: never;
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
                        challenge: string;
                        /** @description The same as a QR code without a margin: rows of 0 (light) and 1 (dark) */
                        qrRows: string[];
                        /** @description In base32, to be typed */
                        secret: string;
                        /** @description otpauth:, for the app on this device */
                        url: string;
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
    listAccounts: {
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
                        items: components["schemas"]["Account"][];
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
    createAccount: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** Format: email */
                    email: string;
                    /**
                     * @default member
                     * @enum {string}
                     */
                    installationRole?: "owner" | "member" | "auditor";
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
                    "application/json": {
                        account: components["schemas"]["Account"];
                        passwordReset: {
                            /** Format: date-time */
                            expiresAt: string;
                            /** @description To be handed to the person: whoever has it chooses the password */
                            url: string;
                        };
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
    getAccount: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id */
                account: string;
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
                    "application/json": components["schemas"]["Account"];
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
    changeAccount: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id */
                account: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    installationRole?: "owner" | "member" | "auditor";
                    isDisabled?: boolean;
                    name?: string;
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
                    "application/json": components["schemas"]["Account"];
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
    offerPasswordReset: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id */
                account: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @description Authenticator app, backup codes and passkeys are gone
                     * @default false
                     */
                    dropSecondFactors?: boolean;
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
                    "application/json": {
                        /** Format: date-time */
                        expiresAt: string;
                        /** @description To be handed to the person: whoever has it chooses the password */
                        url: string;
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
    listAudit: {
        parameters: {
            query?: {
                /** @description An action, or what it begins with: `key.` */
                action?: string;
                /** @description Whoever did it, by id */
                actor?: string;
                cursor?: string;
                /** @description Of the credential that was used */
                fingerprint?: string;
                /** @description In one fleet, by id */
                fleet?: string;
                limit?: number;
                outcome?: "allowed" | "denied" | "failed";
                requestId?: string;
                /** @description Not before */
                since?: string;
                /** @description What it was done to, by id */
                target?: string;
                /** @description Before */
                until?: string;
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
                        items: components["schemas"]["AuditEntry"][];
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
    proveAuditEntry: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                seq: number;
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
                    "application/json": components["schemas"]["AuditProof"];
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
    listAuditCheckpoints: {
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
                        items: components["schemas"]["AuditCheckpoint"][];
                        nextCursor: string | null;
                        verifierKey: string;
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
    proveAuditConsistency: {
        parameters: {
            query: {
                /** @description Entries that the kept checkpoint covers */
                from: number;
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
                    "application/json": components["schemas"]["AuditConsistency"];
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
    exportAudit: {
        parameters: {
            query?: {
                /** @description An action, or what it begins with: `key.` */
                action?: string;
                /** @description Whoever did it, by id */
                actor?: string;
                /** @description Of the credential that was used */
                fingerprint?: string;
                /** @description Of one fleet, by id */
                fleet?: string;
                format?: "ndjson" | "csv";
                outcome?: "allowed" | "denied" | "failed";
                requestId?: string;
                /** @description Not before */
                since?: string;
                /** @description What it was done to, by id */
                target?: string;
                /** @description Before */
                until?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A stream */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": string;
                    "text/csv": string;
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
    approveDeviceLogin: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id */
                login: string;
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
    denyDeviceLogin: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id */
                login: string;
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
    claimDeviceLogin: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    userCode: string;
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
                    "application/json": components["schemas"]["DeviceLogin"];
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
    deleteFleet: {
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
    updateFleet: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug */
                fleet: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Machines that join wait until somebody lets them in */
                    approvalNeeded?: boolean;
                    description?: string;
                    /** @description Nobody works in it without a second factor */
                    mfaRequired?: boolean;
                    name?: string;
                    /**
                     * @description While edges hear nothing of revocations: go on with what is known, or let nobody new in
                     * @enum {string}
                     */
                    outagePolicy?: "best_effort" | "strict";
                    slug?: string;
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
    listFleetAudit: {
        parameters: {
            query?: {
                /** @description An action, or what it begins with: `key.` */
                action?: string;
                /** @description Whoever did it, by id */
                actor?: string;
                cursor?: string;
                /** @description Of the credential that was used */
                fingerprint?: string;
                limit?: number;
                outcome?: "allowed" | "denied" | "failed";
                requestId?: string;
                /** @description Not before */
                since?: string;
                /** @description What it was done to, by id */
                target?: string;
                /** @description Before */
                until?: string;
            };
            header?: never;
            path: {
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
                    "application/json": {
                        items: components["schemas"]["AuditEntry"][];
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
    proveFleetAuditEntry: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                fleet: string;
                seq: number;
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
                    "application/json": components["schemas"]["AuditProof"];
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
    exportFleetAudit: {
        parameters: {
            query?: {
                /** @description An action, or what it begins with: `key.` */
                action?: string;
                /** @description Whoever did it, by id */
                actor?: string;
                /** @description Of the credential that was used */
                fingerprint?: string;
                format?: "ndjson" | "csv";
                outcome?: "allowed" | "denied" | "failed";
                requestId?: string;
                /** @description Not before */
                since?: string;
                /** @description What it was done to, by id */
                target?: string;
                /** @description Before */
                until?: string;
            };
            header?: never;
            path: {
                fleet: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A stream */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": string;
                    "text/csv": string;
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
    listBudgets: {
        parameters: {
            query?: never;
            header?: never;
            path: {
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
                    "application/json": {
                        items: components["schemas"]["Budget"][];
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
    createBudget: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                fleet: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Default: true, of a machine false */
                    isHard?: boolean;
                    limitMicros: number;
                    /**
                     * @default month
                     * @enum {string}
                     */
                    period?: "day" | "month" | "total";
                    /** @enum {string} */
                    subject: "key" | "member" | "machine" | "fleet";
                    /** @default  */
                    subjectId?: string;
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
                    "application/json": components["schemas"]["Budget"];
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
    deleteBudget: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                budget: string;
                fleet: string;
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
    updateBudget: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                budget: string;
                fleet: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    isHard?: boolean;
                    limitMicros?: number;
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
                    "application/json": components["schemas"]["Budget"];
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
    listEnrolments: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
            };
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
                    "application/json": {
                        items: components["schemas"]["Enrolment"][];
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
    approveEnrolment: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id */
                enrolment: string;
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
                    "application/json": components["schemas"]["Enrolment"];
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
    denyEnrolment: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id */
                enrolment: string;
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
                    "application/json": components["schemas"]["Enrolment"];
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
    followEvents: {
        parameters: {
            query?: {
                /** @description As the header Last-Event-ID, for whoever cannot send it */
                after?: string;
                /** @description By comma: machine, enrolment, alert, session, schedule, run, member, role, invitation, key, fleet, budget, audit */
                topics?: string;
            };
            header?: never;
            path: {
                fleet: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A stream */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
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
    listInvitations: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
                state?: "waiting" | "any";
            };
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
                    "application/json": {
                        items: components["schemas"]["Invitation"][];
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
    createInvitation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug */
                fleet: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** Format: email */
                    email: string;
                    /** @default 168 */
                    expiresInHours?: number;
                    /**
                     * Format: date-time
                     * @description When the membership ends that comes of it
                     */
                    membershipExpiresAt?: string;
                    /**
                     * @description A role's name or id
                     * @default member
                     */
                    role?: string;
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
                    "application/json": components["schemas"]["NewInvitation"];
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
    cancelInvitation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug */
                fleet: string;
                /** @description Id */
                invitation: string;
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
    listJoinTokens: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
            };
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
                    "application/json": {
                        items: components["schemas"]["JoinToken"][];
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
    createJoinToken: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug */
                fleet: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @description Somebody has to let each machine in
                     * @default false
                     */
                    approval?: boolean;
                    /**
                     * @description Machines that come with it are removed when they stay away
                     * @default false
                     */
                    ephemeral?: boolean;
                    /** @default 10 */
                    ephemeralAfterMinutes?: number;
                    /** @default 3600 */
                    expiresInS?: number;
                    /** @default 1 */
                    maxUses?: number;
                    /** @default  */
                    name?: string;
                    /**
                     * @description Machines that come with it get them
                     * @default []
                     */
                    tags?: string[];
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
                    "application/json": components["schemas"]["NewJoinToken"];
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
    revokeJoinToken: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug */
                fleet: string;
                /** @description Id */
                joinToken: string;
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
    listKeys: {
        parameters: {
            query?: {
                /** @description An account's or service account's id */
                bearer?: string;
                cursor?: string;
                fingerprint?: string;
                limit?: number;
                state?: "live" | "any";
            };
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
                    "application/json": {
                        items: components["schemas"]["Key"][];
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
    createKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug */
                fleet: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @description What works with it: people see it
                     * @default program
                     * @enum {string}
                     */
                    actor?: "ai" | "program";
                    /** @default 90 */
                    expiresInDays?: number;
                    /** @default {} */
                    limits?: {
                        concurrent?: number;
                        models?: string[];
                        /** @description Of one request's body, at the router */
                        requestBytes?: number;
                        requestsPerMinute?: number;
                        tokensPerMinute?: number;
                    };
                    name: string;
                    /** @description Rights; without them, all that its bearer may */
                    scopes?: components["schemas"]["FleetRightInput"][];
                    /** @description Id or name; without it, the key is yours */
                    serviceAccount?: string;
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
                    "application/json": components["schemas"]["NewKey"];
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
    getKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug */
                fleet: string;
                /** @description Id */
                key: string;
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
                    "application/json": components["schemas"]["Key"];
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
    revokeKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug */
                fleet: string;
                /** @description Id */
                key: string;
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
    updateKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug */
                fleet: string;
                /** @description Id */
                key: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description In place of those that it has */
                    limits?: {
                        concurrent?: number;
                        models?: string[];
                        /** @description Of one request's body, at the router */
                        requestBytes?: number;
                        requestsPerMinute?: number;
                        tokensPerMinute?: number;
                    };
                    name?: string;
                    scopes?: components["schemas"]["FleetRightInput"][];
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
                    "application/json": components["schemas"]["Key"];
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
    rotateKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug */
                fleet: string;
                /** @description Id */
                key: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Without it: as long as the old one */
                    expiresInDays?: number;
                    /** @default 60 */
                    overlapMinutes?: number;
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
                    "application/json": components["schemas"]["NewKey"];
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
    listMachines: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
                presence?: "online" | "offline";
                /** @description Somewhere in the name, the hostname or the id */
                q?: string;
                tag?: string;
            };
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
                    "application/json": {
                        items: components["schemas"]["Machine"][];
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
    getMachine: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug */
                fleet: string;
                /** @description Id, hostname, name, or the beginning of one that is the only such */
                machine: string;
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
                    "application/json": components["schemas"]["Machine"];
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
    removeMachine: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug */
                fleet: string;
                /** @description Id, hostname, name, or the beginning of one that is the only such */
                machine: string;
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
    updateMachine: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug */
                fleet: string;
                /** @description Id, hostname, name, or the beginning of one that is the only such */
                machine: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    name?: string;
                    tags?: string[];
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
                    "application/json": components["schemas"]["Machine"];
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
    disableMachine: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug */
                fleet: string;
                /** @description Id, hostname, name, or the beginning of one that is the only such */
                machine: string;
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
                    "application/json": components["schemas"]["Machine"];
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
    enableMachine: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug */
                fleet: string;
                /** @description Id, hostname, name, or the beginning of one that is the only such */
                machine: string;
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
                    "application/json": components["schemas"]["Machine"];
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
    moveMachine: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug */
                fleet: string;
                /** @description Id, hostname, name, or the beginning of one that is the only such */
                machine: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Id or slug of the other one */
                    fleet: string;
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
                    "application/json": components["schemas"]["Machine"];
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
    rotateMachineKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug */
                fleet: string;
                /** @description Id, hostname, name, or the beginning of one that is the only such */
                machine: string;
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
                    "application/json": components["schemas"]["Machine"];
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
    listMembers: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
            };
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
                    "application/json": {
                        items: components["schemas"]["Member"][];
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
    getMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug */
                fleet: string;
                /** @description Id */
                member: string;
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
                    "application/json": components["schemas"]["Member"];
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
    removeMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug */
                fleet: string;
                /** @description Id */
                member: string;
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
    updateMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug */
                fleet: string;
                /** @description Id */
                member: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Null: no end */
                    expiresAt?: string | null;
                    /** @description A role's name or id */
                    role?: string;
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
                    "application/json": components["schemas"]["Member"];
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
    listMachineAccess: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug */
                fleet: string;
                /** @description Id */
                member: string;
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
                    "application/json": {
                        items: components["schemas"]["MachineAccess"][];
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
    updateMachineAccess: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug */
                fleet: string;
                /** @description Id or exact name */
                machine: string;
                /** @description Id */
                member: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    level: "none" | "view" | "execute" | "full";
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
                    "application/json": components["schemas"]["MachineAccess"];
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
    listProviders: {
        parameters: {
            query?: never;
            header?: never;
            path: {
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
                    "application/json": {
                        items: components["schemas"]["Provider"][];
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
    createProvider: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                fleet: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @default null */
                    baseUrl?: string | null;
                    /**
                     * @description Sent with every request to it; sealed as the keys are
                     * @default {}
                     */
                    headers?: {
                        [key: string]: string;
                    };
                    /** @default [] */
                    keys?: string[];
                    /**
                     * @description openai: any OpenAI-compatible server; serper, searxng: searches of the web
                     * @default openai
                     * @enum {string}
                     */
                    kind?: "openai" | "openrouter" | "serper" | "searxng";
                    /**
                     * @description What it has, and all that it is asked for; null: any model that it takes
                     * @default null
                     */
                    models?: components["schemas"]["ProviderModelInput"][] | null;
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
                    "application/json": components["schemas"]["Provider"];
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
    deleteProvider: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                fleet: string;
                provider: string;
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
    updateProvider: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                fleet: string;
                provider: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    baseUrl?: string | null;
                    headers?: {
                        [key: string]: string;
                    };
                    keys?: string[];
                    /** @description What it has, and all that it is asked for; null: any model that it takes */
                    models?: components["schemas"]["ProviderModelInput"][] | null;
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
                    "application/json": components["schemas"]["Provider"];
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
    restoreFleet: {
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
    listRoles: {
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
                    "application/json": {
                        items: components["schemas"]["Role"][];
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
    createRole: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug */
                fleet: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    description?: string;
                    name: string;
                    /** @description None that you lack */
                    rights: components["schemas"]["FleetRightInput"][];
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
                    "application/json": components["schemas"]["Role"];
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
    deleteRole: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug */
                fleet: string;
                /** @description Id */
                role: string;
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
    updateRole: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug */
                fleet: string;
                /** @description Id */
                role: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    description?: string;
                    name?: string;
                    rights?: components["schemas"]["FleetRightInput"][];
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
                    "application/json": components["schemas"]["Role"];
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
    listRuns: {
        parameters: {
            query?: {
                cursor?: string;
                /** @description Due at or after this */
                from?: string;
                limit?: number;
                /** @description Id or name; also of one that was deleted */
                schedule?: string;
                status?: "waiting" | "running" | "cancelling" | "succeeded" | "failed" | "timed_out" | "offline" | "cancelled" | "refused" | "lost";
                /** @description Due before this */
                to?: string;
            };
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
                    "application/json": {
                        items: components["schemas"]["Run"][];
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
    getRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug */
                fleet: string;
                run: string;
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
                    "application/json": components["schemas"]["Run"];
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
    cancelRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug */
                fleet: string;
                run: string;
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
                    "application/json": components["schemas"]["Run"];
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
    listSchedules: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
                state?: "active" | "paused" | "ended";
            };
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
                    "application/json": {
                        items: components["schemas"]["Schedule"][];
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
    createSchedule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug */
                fleet: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    command: {
                        /** @description Program and arguments; no shell reads them */
                        argv?: string[];
                        cwd?: string;
                        env?: {
                            [key: string]: string;
                        };
                        /** @description A line for the machine's /bin/sh -c */
                        shell?: string;
                    };
                    /** @default  */
                    description?: string;
                    name: string;
                    /** @default false */
                    paused?: boolean;
                    policies?: {
                        jitterMs?: number;
                        misfire?: {
                            graceMs?: number;
                            max?: number;
                            /** @enum {string} */
                            policy?: "skip" | "once" | "all";
                            windowMs?: number;
                        } & {
                            [key: string]: unknown;
                        };
                        /** @enum {string} */
                        overlap?: "skip" | "queue_one" | "allow" | "cancel_running";
                        retry?: {
                            firstMs?: number;
                            max?: number;
                            maxMs?: number;
                            on?: ("failure" | "timeout" | "offline")[];
                        } & {
                            [key: string]: unknown;
                        };
                        timeoutMs?: number;
                    } & {
                        [key: string]: unknown;
                    };
                    spec: {
                        anchorAt?: string | null;
                        /** @description Of once */
                        at?: string | null;
                        dst?: {
                            /** @enum {string} */
                            gap?: "run_after" | "skip";
                            /** @enum {string} */
                            overlap?: "first" | "last" | "both";
                        } & {
                            [key: string]: unknown;
                        };
                        endsAt?: string | null;
                        /** @description Of interval: seconds from one due time to the next */
                        everyS?: number;
                        /** @description Of cron: five fields, or six with seconds: true */
                        expression?: string;
                        /** @enum {string} */
                        kind: "cron" | "interval" | "once";
                        maxRuns?: number | null;
                        seconds?: boolean;
                        startsAt?: string | null;
                        /** @description An IANA name; default UTC */
                        timezone?: string;
                    } & {
                        [key: string]: unknown;
                    };
                    target: {
                        /** @enum {string} */
                        kind: "machines";
                        /** @description Ids */
                        machines: string[];
                    } | {
                        /** @enum {string} */
                        kind: "tag";
                        tag: string;
                    } | {
                        /** @enum {string} */
                        kind: "all";
                    };
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
                    "application/json": components["schemas"]["Schedule"];
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
    getSchedule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug */
                fleet: string;
                /** @description Id or name */
                schedule: string;
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
                    "application/json": components["schemas"]["Schedule"];
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
    deleteSchedule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug */
                fleet: string;
                /** @description Id or name */
                schedule: string;
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
    updateSchedule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug */
                fleet: string;
                /** @description Id or name */
                schedule: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    command?: {
                        /** @description Program and arguments; no shell reads them */
                        argv?: string[];
                        cwd?: string;
                        env?: {
                            [key: string]: string;
                        };
                        /** @description A line for the machine's /bin/sh -c */
                        shell?: string;
                    };
                    description?: string;
                    name?: string;
                    policies?: {
                        jitterMs?: number;
                        misfire?: {
                            graceMs?: number;
                            max?: number;
                            /** @enum {string} */
                            policy?: "skip" | "once" | "all";
                            windowMs?: number;
                        } & {
                            [key: string]: unknown;
                        };
                        /** @enum {string} */
                        overlap?: "skip" | "queue_one" | "allow" | "cancel_running";
                        retry?: {
                            firstMs?: number;
                            max?: number;
                            maxMs?: number;
                            on?: ("failure" | "timeout" | "offline")[];
                        } & {
                            [key: string]: unknown;
                        };
                        timeoutMs?: number;
                    } & {
                        [key: string]: unknown;
                    };
                    spec?: {
                        anchorAt?: string | null;
                        /** @description Of once */
                        at?: string | null;
                        dst?: {
                            /** @enum {string} */
                            gap?: "run_after" | "skip";
                            /** @enum {string} */
                            overlap?: "first" | "last" | "both";
                        } & {
                            [key: string]: unknown;
                        };
                        endsAt?: string | null;
                        /** @description Of interval: seconds from one due time to the next */
                        everyS?: number;
                        /** @description Of cron: five fields, or six with seconds: true */
                        expression?: string;
                        /** @enum {string} */
                        kind: "cron" | "interval" | "once";
                        maxRuns?: number | null;
                        seconds?: boolean;
                        startsAt?: string | null;
                        /** @description An IANA name; default UTC */
                        timezone?: string;
                    } & {
                        [key: string]: unknown;
                    };
                    target?: {
                        /** @enum {string} */
                        kind: "machines";
                        /** @description Ids */
                        machines: string[];
                    } | {
                        /** @enum {string} */
                        kind: "tag";
                        tag: string;
                    } | {
                        /** @enum {string} */
                        kind: "all";
                    };
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
                    "application/json": components["schemas"]["Schedule"];
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
    listPassedDues: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path: {
                /** @description Id or slug */
                fleet: string;
                /** @description Id or name */
                schedule: string;
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
                    "application/json": {
                        items: components["schemas"]["PassedDue"][];
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
    pauseSchedule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug */
                fleet: string;
                /** @description Id or name */
                schedule: string;
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
                    "application/json": components["schemas"]["Schedule"];
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
    previewSchedule: {
        parameters: {
            query?: {
                count?: number;
            };
            header?: never;
            path: {
                /** @description Id or slug */
                fleet: string;
                /** @description Id or name */
                schedule: string;
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
                    "application/json": components["schemas"]["SchedulePreview"];
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
    resumeSchedule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug */
                fleet: string;
                /** @description Id or name */
                schedule: string;
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
                    "application/json": components["schemas"]["Schedule"];
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
    runSchedule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug */
                fleet: string;
                /** @description Id or name */
                schedule: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Run"];
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
    previewSpec: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug */
                fleet: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @default 10 */
                    count?: number;
                    spec: {
                        anchorAt?: string | null;
                        /** @description Of once */
                        at?: string | null;
                        dst?: {
                            /** @enum {string} */
                            gap?: "run_after" | "skip";
                            /** @enum {string} */
                            overlap?: "first" | "last" | "both";
                        } & {
                            [key: string]: unknown;
                        };
                        endsAt?: string | null;
                        /** @description Of interval: seconds from one due time to the next */
                        everyS?: number;
                        /** @description Of cron: five fields, or six with seconds: true */
                        expression?: string;
                        /** @enum {string} */
                        kind: "cron" | "interval" | "once";
                        maxRuns?: number | null;
                        seconds?: boolean;
                        startsAt?: string | null;
                        /** @description An IANA name; default UTC */
                        timezone?: string;
                    } & {
                        [key: string]: unknown;
                    };
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
                    "application/json": components["schemas"]["SchedulePreview"];
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
    listServiceAccounts: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
            };
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
                    "application/json": {
                        items: components["schemas"]["ServiceAccount"][];
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
    createServiceAccount: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug */
                fleet: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    description?: string;
                    name: string;
                    /**
                     * @description A role's name or id
                     * @default automation
                     */
                    role?: string;
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
                    "application/json": components["schemas"]["ServiceAccount"];
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
    getServiceAccount: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug */
                fleet: string;
                /** @description Id */
                serviceAccount: string;
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
                    "application/json": components["schemas"]["ServiceAccount"];
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
    deleteServiceAccount: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug */
                fleet: string;
                /** @description Id */
                serviceAccount: string;
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
    updateServiceAccount: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug */
                fleet: string;
                /** @description Id */
                serviceAccount: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    description?: string;
                    /** @description Its keys do not work while it is */
                    isDisabled?: boolean;
                    name?: string;
                    role?: string;
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
                    "application/json": components["schemas"]["ServiceAccount"];
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
    listSessions: {
        parameters: {
            query?: {
                /** @description Who opened it */
                account?: string;
                cursor?: string;
                limit?: number;
                /** @description A machine's id */
                machine?: string;
                q?: string;
                since?: string;
                state?: "live" | "lost" | "ended";
                until?: string;
            };
            header?: never;
            path: {
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
                    "application/json": {
                        items: components["schemas"]["Session"][];
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
    getSession: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                fleet: string;
                session: string;
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
                    "application/json": {
                        attachments: components["schemas"]["SessionAttachment"][];
                        session: components["schemas"]["Session"];
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
    getUsage: {
        parameters: {
            query?: {
                by?: "key" | "member" | "machine" | "model" | "day";
                from?: string;
                to?: string;
            };
            header?: never;
            path: {
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
                    "application/json": components["schemas"]["Usage"];
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
    listWebhooks: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
            };
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
                    "application/json": {
                        items: components["schemas"]["Webhook"][];
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
    createWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug */
                fleet: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    name: string;
                    /** @description Actions of the audit log (`session.end`), all of a resource (`session.*`), or `*`; `audit.entry`: its entries, denials too */
                    topics: string[];
                    /**
                     * Format: uri
                     * @description https; plain http only to a private address that the installation allows
                     */
                    url: string;
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
                    "application/json": components["schemas"]["NewWebhook"];
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
    getWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug */
                fleet: string;
                /** @description Id or name */
                webhook: string;
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
                    "application/json": components["schemas"]["Webhook"];
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
    deleteWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug */
                fleet: string;
                /** @description Id or name */
                webhook: string;
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
    updateWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug */
                fleet: string;
                /** @description Id or name */
                webhook: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    isEnabled?: boolean;
                    name?: string;
                    /** @description Actions of the audit log (`session.end`), all of a resource (`session.*`), or `*`; `audit.entry`: its entries, denials too */
                    topics?: string[];
                    /**
                     * Format: uri
                     * @description https; plain http only to a private address that the installation allows
                     */
                    url?: string;
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
                    "application/json": components["schemas"]["Webhook"];
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
    listWebhookDeliveries: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
                state?: "waiting" | "delivered" | "failed";
            };
            header?: never;
            path: {
                /** @description Id or slug */
                fleet: string;
                /** @description Id or name */
                webhook: string;
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
                    "application/json": {
                        items: components["schemas"]["WebhookDelivery"][];
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
    redeliverWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                delivery: string;
                /** @description Id or slug */
                fleet: string;
                /** @description Id or name */
                webhook: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookDelivery"];
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
    testWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug */
                fleet: string;
                /** @description Id or name */
                webhook: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookDelivery"];
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
    listIdentityProviders: {
        parameters: {
            query?: never;
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
                        items: components["schemas"]["IdentityProvider"][];
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
    createIdentityProvider: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    clientId: string;
                    clientSecret?: string;
                    /** @default groups */
                    groupsClaim?: string;
                    /**
                     * Format: uri
                     * @description https://; plain http to this machine alone
                     */
                    issuer: string;
                    /**
                     * @description Whether each sign-in there counts as one with a second factor
                     * @default false
                     */
                    mfaTrusted?: boolean;
                    name: string;
                    /**
                     * @default [
                     *       "openid",
                     *       "email",
                     *       "profile"
                     *     ]
                     */
                    scopes?: string[];
                    /**
                     * @description Whether somebody who is not known yet gets an account
                     * @default false
                     */
                    signUp?: boolean;
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
                    "application/json": components["schemas"]["IdentityProvider"];
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
    deleteIdentityProvider: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id */
                provider: string;
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
    updateIdentityProvider: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id */
                provider: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    clientId?: string;
                    /** @description Null: there is none */
                    clientSecret?: string | null;
                    groupsClaim?: string;
                    /** @description False: nobody signs in there for now */
                    isEnabled?: boolean;
                    mfaTrusted?: boolean;
                    name?: string;
                    scopes?: string[];
                    signUp?: boolean;
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
                    "application/json": components["schemas"]["IdentityProvider"];
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
    listGroupRoles: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id */
                provider: string;
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
                    "application/json": {
                        items: {
                            fleetId: string;
                            group: string;
                            role: string;
                        }[];
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
    putGroupRoles: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id */
                provider: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    items: {
                        fleetId: string;
                        group: string;
                        role: string;
                    }[];
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
                    "application/json": {
                        items: {
                            fleetId: string;
                            group: string;
                            role: string;
                        }[];
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
    acceptInvitation: {
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
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        fleetId: string;
                        fleetSlug: string;
                        memberId: string;
                        role: string;
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
    join: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    facts?: {
                        agentVersion?: string;
                        arch?: string;
                        osVersion?: string;
                        platform?: string;
                        username?: string;
                    };
                    hostname: string;
                    mark: string;
                    name?: string;
                    nonce: string;
                    publicKey: string;
                    /** @description Over purpose "join", the nonce, the hash of the token and the mark */
                    signature: string;
                    /** @description Of the join string */
                    token: string;
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
                    "application/json": components["schemas"]["MachineToken"];
                };
            };
            /** @description Default Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MachineToken"];
                };
            };
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EnrolmentWaiting"];
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
    joinChallenge: {
        parameters: {
            query?: never;
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
                    "application/json": components["schemas"]["MachineChallenge"];
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
    enrolmentState: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    enrolmentId: string;
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
                    "application/json": {
                        /** @enum {string} */
                        state: "waiting" | "approved" | "denied";
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
    reportLeakedKey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    token: string;
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
                    "application/json": {
                        fingerprint: string;
                        /** @enum {string} */
                        result: "revoked_if_it_was_one";
                        trace: components["schemas"]["LeakedKeyTrace"] | null;
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
    proposeMachineKey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    newPublicKey: string;
                    /** @description By the new key over the same */
                    newSignature: string;
                    nonce: string;
                    publicKey: string;
                    /** @description By the old key: purpose "rotation", the nonce, both keys */
                    signature: string;
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
                    "application/json": {
                        keyFingerprint: string;
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
    issueMachineToken: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    mark: string;
                    nextMark: string;
                    nonce: string;
                    publicKey: string;
                    /** @description Over purpose "token", the nonce, `mark` and `nextMark` */
                    signature: string;
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
                    "application/json": components["schemas"]["MachineToken"];
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
    machineTokenChallenge: {
        parameters: {
            query?: never;
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
                    "application/json": components["schemas"]["MachineChallenge"];
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
    listSharedProviders: {
        parameters: {
            query?: never;
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
                        items: components["schemas"]["Provider"][];
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
    createSharedProvider: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @default null */
                    baseUrl?: string | null;
                    /**
                     * @description Sent with every request to it; sealed as the keys are
                     * @default {}
                     */
                    headers?: {
                        [key: string]: string;
                    };
                    /** @default [] */
                    keys?: string[];
                    /**
                     * @description openai: any OpenAI-compatible server; serper, searxng: searches of the web
                     * @default openai
                     * @enum {string}
                     */
                    kind?: "openai" | "openrouter" | "serper" | "searxng";
                    /**
                     * @description What it has, and all that it is asked for; null: any model that it takes
                     * @default null
                     */
                    models?: components["schemas"]["ProviderModelInput"][] | null;
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
                    "application/json": components["schemas"]["Provider"];
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
    deleteSharedProvider: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                provider: string;
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
    updateSharedProvider: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                provider: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    baseUrl?: string | null;
                    headers?: {
                        [key: string]: string;
                    };
                    keys?: string[];
                    /** @description What it has, and all that it is asked for; null: any model that it takes */
                    models?: components["schemas"]["ProviderModelInput"][] | null;
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
                    "application/json": components["schemas"]["Provider"];
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
    openSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    argv?: string[];
                    cols?: number;
                    cwd?: string;
                    /** @default {} */
                    env?: {
                        [key: string]: string;
                    };
                    /** @description Id or slug; unset: your only one */
                    fleet?: string;
                    /**
                     * @default terminal
                     * @enum {string}
                     */
                    kind?: "terminal" | "command";
                    /** @description Id, name, hostname or unique prefix; unset: the only one */
                    machine?: string;
                    name?: string;
                    rows?: number;
                    /** @description A line for /bin/sh -c, in place of argv */
                    shell?: string;
                    timeoutMs?: number;
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
                    "application/json": components["schemas"]["OpenedSession"];
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
    issueTicket: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @default operator
                     * @enum {string}
                     */
                    role?: "operator" | "observer";
                    /**
                     * @description How long it may be presented
                     * @default 300
                     */
                    validSeconds?: number;
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
                    "application/json": components["schemas"]["SessionTicket"];
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
    setUp: {
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
                    /** Format: email */
                    email: string;
                    name: string;
                    password: string;
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
    describeSignIn: {
        parameters: {
            query?: never;
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
                        deviceLogin: boolean;
                        /** @description False until its owner is made with the one-time code */
                        isClaimed: boolean;
                        /** @description The installation's */
                        name: string;
                        providers: {
                            name: string;
                            slug: string;
                        }[];
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
    confirmSignIn: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    factor?: components["schemas"]["SecondFactorInput"];
                    password: string;
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
                    "application/json": {
                        /** Format: date-time */
                        signedInAt: string;
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
    confirmWithPasskey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    challenge: string;
                    /** @description AuthenticationResponseJSON */
                    response: {
                        [key: string]: unknown;
                    };
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
                    "application/json": {
                        /** Format: date-time */
                        signedInAt: string;
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
    finishOidc: {
        parameters: {
            query?: {
                code?: string;
                error?: string;
                error_description?: string;
                iss?: string;
                session_state?: string;
                state?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            303: {
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
    beginOidc: {
        parameters: {
            query?: {
                next?: string;
            };
            header?: never;
            path: {
                /** @description Slug */
                provider: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            302: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description To a page that shows what was refused, where a page is accepted */
            303: {
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
    signInWithPasskey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    challenge: string;
                    /** @description AuthenticationResponseJSON */
                    response: {
                        [key: string]: unknown;
                    };
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
    beginPasskeySignIn: {
        parameters: {
            query?: never;
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
                        challenge: string;
                        options: {
                            [key: string]: unknown;
                        };
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
    signInWithPassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** Format: email */
                    email: string;
                    password: string;
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
                    "application/json": components["schemas"]["SignedIn"] | components["schemas"]["SecondFactorNeeded"];
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
    redeemPasswordReset: {
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
                    password: string;
                };
            };
        };
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
    signInWithSecondFactor: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    challenge: string;
                    factor: components["schemas"]["SecondFactorInput"];
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
    putSignInSettings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignInSettingsInput"];
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignInSettings"];
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
    signOut: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
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
    listSigningKeys: {
        parameters: {
            query?: never;
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
                        items: components["schemas"]["SigningKey"][];
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
    rotateSigningKey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SigningKey"];
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
    withdrawSigningKeys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        key: components["schemas"]["SigningKey"];
                        /** @description Their ids */
                        withdrawn: string[];
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
    authorizeTerminal: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    client: {
                        hostname?: string;
                        name: string;
                        version?: string;
                    };
                    clientId: string;
                    codeChallenge: string;
                    /** @enum {string} */
                    codeChallengeMethod: "S256";
                    redirectUri: string;
                    state: string;
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
                    "application/json": {
                        redirectTo: string;
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
    listInstallationWebhooks: {
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
                        items: components["schemas"]["Webhook"][];
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
    createInstallationWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    name: string;
                    /**
                     * @description The audit log of the installation is all that is told here
                     * @default [
                     *       "audit.entry"
                     *     ]
                     */
                    topics?: "audit.entry"[];
                    /**
                     * Format: uri
                     * @description https; plain http only to a private address that the installation allows
                     */
                    url: string;
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
                    "application/json": components["schemas"]["NewWebhook"];
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
    getInstallationWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or name */
                webhook: string;
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
                    "application/json": components["schemas"]["Webhook"];
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
    deleteInstallationWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or name */
                webhook: string;
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
    updateInstallationWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or name */
                webhook: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    isEnabled?: boolean;
                    name?: string;
                    /**
                     * Format: uri
                     * @description https; plain http only to a private address that the installation allows
                     */
                    url?: string;
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
                    "application/json": components["schemas"]["Webhook"];
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
    listInstallationWebhookDeliveries: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
                state?: "waiting" | "delivered" | "failed";
            };
            header?: never;
            path: {
                /** @description Id or name */
                webhook: string;
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
                    "application/json": {
                        items: components["schemas"]["WebhookDelivery"][];
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
    redeliverInstallationWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                delivery: string;
                /** @description Id or name */
                webhook: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookDelivery"];
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
    testInstallationWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or name */
                webhook: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookDelivery"];
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
    whoAmI: {
        parameters: {
            query?: never;
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
                    "application/json": components["schemas"]["WhoAmI"];
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
