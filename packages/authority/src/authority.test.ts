import { createPrivateKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { appendFile, mkdtemp, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Failure, newMachineId, newSessionId } from "@cmdop/base";
import { waitFor } from "@cmdop/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Authority, assertLinkIdentity, assertSession, openKeySetAuthority } from "./authority.ts";
import { createCertificateAuthority } from "./certificates.ts";
import { machineFingerprint, rawPublicKey } from "./fingerprint.ts";
import { signLinkProof } from "./link-proof.ts";
import { createPrivateKey25519 } from "./private-key.ts";
import { initRelayHome, type RelayHome, readRelayTls, relayPaths } from "./relay-home.ts";
import { appendRevocation, revocationKeys } from "./revocations.ts";
import { mintMachineToken, mintOperatorToken, mintSessionToken, toPublicJwk } from "./tokens.ts";

let dir: string;
let home: RelayHome;
let authority: Authority | undefined;
const clock = { wallMs: () => Date.now() };
const sessionId = newSessionId();
const machineId = newMachineId();
const machineKey = createPrivateKey25519();

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "cmdop-authority-"));
  home = await initRelayHome(dir);
});

afterEach(async () => {
  authority?.close();
  authority = undefined;
  await rm(dir, { recursive: true, force: true });
});

const codeOf = async (attempt: Promise<unknown>): Promise<string> => {
  try {
    await attempt;
    return "accepted";
  } catch (error) {
    if (error instanceof Failure) return error.code;
    throw error;
  }
};

const mintAll = async () => {
  const context = { signer: home.signer, clock };
  const operator = await mintOperatorToken(context, {
    operator: "alice",
    role: "operator",
    actor: "human",
    validMs: 60_000,
  });
  return {
    operator,
    session: await mintSessionToken(context, {
      operator: "alice",
      role: "operator",
      actor: "human",
      sessionId,
      parentId: operator.id,
      parentIssuedAtMs: Date.now(),
      validMs: 60_000,
    }),
    machine: await mintMachineToken(context, {
      machineId,
      machineName: "build-1",
      keyFingerprint: machineFingerprint(rawPublicKey(machineKey)),
      validMs: 60_000,
    }),
  };
};

describe("a revocation refuses at once what it names", () => {
  const rows: readonly [
    string,
    (minted: Awaited<ReturnType<typeof mintAll>>) => string,
    readonly string[],
  ][] = [
    ["the ticket's jti", ({ session }) => session.id, ["session"]],
    ["the parent's jti", ({ operator }) => operator.id, ["session", "operator"]],
    ["the operator's name", () => "sub:alice", ["session", "operator"]],
    ["the machine", () => machineId, ["machine"]],
    ["the signing key", () => home.signer.keyId, ["session", "operator", "machine"]],
    ["somebody else", () => "sub:bob", []],
  ];

  it.each(rows)("by %s", async (_name, targetOf, refused) => {
    const minted = await mintAll();
    let woken = 0;
    authority = await openKeySetAuthority(dir);
    const open = authority;
    open.onRevoked(() => {
      woken += 1;
    });
    const grants = {
      session: await open.verify("session", minted.session.token),
      operator: await open.verify("operator", minted.operator.token),
      machine: await open.verify("machine", minted.machine.token),
    };
    const revokedAt = performance.now();
    await appendRevocation(home.paths.revocations, { target: targetOf(minted), atMs: Date.now() });
    await waitFor(() => woken > 0, { timeoutMs: 1000, what: "the revocation" });
    expect(performance.now() - revokedAt).toBeLessThan(1000);
    for (const kind of ["session", "operator", "machine"] as const) {
      const isRefused = refused.includes(kind);
      expect([kind, open.isRevoked(revocationKeys(grants[kind]))]).toEqual([kind, isRefused]);
      expect([kind, await codeOf(open.verify(kind, minted[kind].token))]).toEqual([
        kind,
        isRefused ? "token_revoked" : "accepted",
      ]);
    }
  });

  it("and a name may get a new token afterwards, a ticket of the old one may not", async () => {
    const context = { signer: home.signer, clock };
    const atMs = Date.now() - 10_000;
    await appendRevocation(home.paths.revocations, { target: "sub:alice", atMs });
    authority = await openKeySetAuthority(dir);
    const fresh = await mintAll();
    const old = await mintSessionToken(context, {
      operator: "alice",
      role: "operator",
      actor: "human",
      sessionId,
      parentIssuedAtMs: atMs - 1000,
      validMs: 60_000,
    });
    expect(await codeOf(authority.verify("operator", fresh.operator.token))).toBe("accepted");
    expect(await codeOf(authority.verify("session", old.token))).toBe("token_revoked");
  });
});

describe("the revocation file", () => {
  it("with malformed lines: they are reported, the rest holds", async () => {
    const minted = await mintAll();
    const malformed: number[] = [];
    await writeFile(
      home.paths.revocations,
      `not json\n{"revoked":""}\n{"revoked":"${minted.operator.id}","at":"2026-01-01T00:00:00Z"}\n\u0000\n[]\n`,
    );
    authority = await openKeySetAuthority(dir, {
      events: { revocationMalformed: (line) => malformed.push(line) },
    });
    expect(malformed).toEqual([1, 2, 4, 5]);
    expect(await codeOf(authority.verify("operator", minted.operator.token))).toBe("token_revoked");
  });

  it("a line whose end is missing swallows no later one, and is applied when whole", async () => {
    const minted = await mintAll();
    authority = await openKeySetAuthority(dir);
    const open = authority;
    await appendFile(home.paths.revocations, `{"revoked":"sub:al`);
    await appendRevocation(home.paths.revocations, { target: minted.session.id, atMs: Date.now() });
    await waitFor(
      async () => (await codeOf(open.verify("session", minted.session.token))) === "token_revoked",
    );
    expect(await codeOf(open.verify("operator", minted.operator.token))).toBe("accepted");
  });

  it("emptied or removed: what was revoked stays so", async () => {
    const minted = await mintAll();
    await appendRevocation(home.paths.revocations, { target: minted.operator.id, atMs: Date.now() });
    let isUnreadable = false;
    authority = await openKeySetAuthority(dir, {
      events: {
        revocationsUnreadable: () => {
          isUnreadable = true;
        },
      },
    });
    await rm(home.paths.revocations);
    await waitFor(() => isUnreadable);
    expect(await codeOf(authority.verify("operator", minted.operator.token))).toBe("token_revoked");
    // Replaced by a rename, as an editor does.
    const replacement = join(dir, "new");
    await writeFile(replacement, `{"revoked":"${minted.machine.id}"}\n`);
    await rename(replacement, home.paths.revocations);
    const open = authority;
    await waitFor(
      async () => (await codeOf(open.verify("machine", minted.machine.token))) === "token_revoked",
    );
    expect(await codeOf(open.verify("operator", minted.operator.token))).toBe("token_revoked");
  });

  it.each(["keyset.json", "revoked.ndjson", "signing.key"])("no start without %s", async (name) => {
    await rm(join(dir, name));
    await expect(openKeySetAuthority(dir)).rejects.toMatchObject({ code: "not_configured" });
  });
});

describe("the key set", () => {
  it("takes a new key without a restart and keeps the last good set when the file is invalid", async () => {
    const second = { keyId: "second", privateKey: createPrivateKey25519() };
    const reloaded: number[] = [];
    let invalid = 0;
    authority = await openKeySetAuthority(dir, {
      events: {
        keySetReloaded: (keys) => reloaded.push(keys),
        keySetInvalid: () => {
          invalid += 1;
        },
      },
    });
    const token = await mintOperatorToken(
      { signer: second, clock },
      { operator: "bob", role: "observer", actor: "program", validMs: 60_000 },
    );
    expect(await codeOf(authority.verify("operator", token.token))).toBe("unauthenticated");
    await writeFile(
      home.paths.keySet,
      JSON.stringify({ keys: [toPublicJwk(home.signer), toPublicJwk(second)] }),
    );
    await waitFor(() => reloaded.length > 0);
    expect(await codeOf(authority.verify("operator", token.token))).toBe("accepted");

    for (const bad of ["", "{", `{"keys":[]}`, `{"keys":[{"kty":"RSA","kid":"x"}]}`]) {
      const before = invalid;
      await writeFile(home.paths.keySet, bad);
      await waitFor(() => invalid > before, { what: `the refusal of ${bad}` });
    }
    expect(await codeOf(authority.verify("operator", token.token))).toBe("accepted");

    await writeFile(home.paths.keySet, JSON.stringify({ keys: [toPublicJwk(home.signer)] }));
    const open = authority;
    await waitFor(async () => (await codeOf(open.verify("operator", token.token))) === "unauthenticated");
  });
});

describe("tickets", () => {
  it("are never wider than the token they are issued for, and carry its limit", async () => {
    const context = { signer: home.signer, clock };
    authority = await openKeySetAuthority(dir);
    const observerToken = await mintOperatorToken(context, {
      operator: "eve",
      role: "observer",
      actor: "ai",
      fleet: "north",
      limitMs: 5000,
      validMs: 60_000,
    });
    const grant = await authority.verify("operator", observerToken.token);
    expect(await codeOf(authority.issueTicket({ grant, sessionId, role: "operator" }))).toBe(
      "permission_denied",
    );
    const ticket = await authority.issueTicket({ grant, sessionId });
    expect(await authority.verify("session", ticket.token)).toMatchObject({
      operator: "eve",
      role: "observer",
      actor: "ai",
      fleet: "north",
      limitMs: 5000,
      parentId: observerToken.id,
      sessionId,
    });
  });

  it("open their own session alone", () => {
    expect(() => assertSession({ sessionId }, newSessionId())).toThrow(
      expect.objectContaining({ code: "permission_denied" }),
    );
    expect(() => assertSession({ sessionId }, sessionId)).not.toThrow();
  });
});

describe("a link's identity", () => {
  const nonce = new Uint8Array(32).fill(7);
  const publicKey = rawPublicKey(machineKey);
  const grant = { keyFingerprint: machineFingerprint(publicKey) };
  const signature = signLinkProof(machineKey, "relay-1", nonce);
  const good = { publicKey, signature, relayId: "relay-1", nonce };
  const strangerKey = createPrivateKey25519();

  const rows: readonly [string, Parameters<typeof assertLinkIdentity>[1]][] = [
    ["another nonce", { ...good, nonce: new Uint8Array(32).fill(8) }],
    ["another relay", { ...good, relayId: "relay-2" }],
    ["another signature", { ...good, signature: new Uint8Array(64) }],
    ["a short signature", { ...good, signature: signature.subarray(0, 63) }],
    ["a short key", { ...good, publicKey: publicKey.subarray(1) }],
    ["no key", { ...good, publicKey: new Uint8Array(0) }],
    [
      "the proof of a key that the token does not name",
      {
        ...good,
        publicKey: rawPublicKey(strangerKey),
        signature: signLinkProof(strangerKey, "relay-1", nonce),
      },
    ],
  ];

  it("is proved by the key that the token names", () => {
    expect(() => assertLinkIdentity(grant, good)).not.toThrow();
  });

  it.each(rows)("is not proved by %s", (_name, proof) => {
    expect(() => assertLinkIdentity(grant, proof)).toThrow(
      expect.objectContaining({ code: "identity_unproven" }),
    );
  });
});

describe("the relay's home", () => {
  it("is made once and kept", async () => {
    const files = [
      "tls/ca.crt",
      "tls/ca.key",
      "tls/relay.crt",
      "tls/relay.key",
      "signing.key",
      "keyset.json",
      "revoked.ndjson",
    ];
    expect([...home.made].sort()).toEqual([...files].sort());
    const read = () => Promise.all(files.map((file) => readFile(join(dir, file), "utf8")));
    const before = await read();
    const again = await initRelayHome(dir);
    expect(again.made).toEqual([]);
    expect(again.pin).toBe(home.pin);
    expect(await read()).toEqual(before);
    for (const file of files)
      expect([file, (await stat(join(dir, file))).mode & 0o777]).toEqual([file, 0o600]);
    for (const folder of [".", "tls"])
      expect((await stat(join(dir, folder))).mode & 0o077).toBe(folder === "." ? 0 : 0);
  });

  it("gets a new certificate under the same CA for a new name, and before the old one ends", async () => {
    const named = await initRelayHome(dir, ["relay.example.org", "192.0.2.7"]);
    expect([...named.made].sort()).toEqual(["tls/relay.crt", "tls/relay.key"]);
    expect(named.pin).toBe(home.pin);
    const yearMs = 365 * 86_400_000;
    const renewed = await initRelayHome(dir, [], { wallMs: () => Date.now() + yearMs });
    expect([...renewed.made].sort()).toEqual(["tls/relay.crt", "tls/relay.key"]);
  });

  const chainOf = (pem: string): readonly [X509Certificate, X509Certificate] => {
    const [leaf = "", authority = ""] = pem.split(/(?<=-----END CERTIFICATE-----\n)\n?/);
    return [new X509Certificate(leaf), new X509Certificate(authority)];
  };

  it("has an authority that is made anew, its key and name kept, before a certificate would outlive it", async () => {
    const { authorityCertificate, certificate } = relayPaths(dir);
    const first = new X509Certificate(await readFile(authorityCertificate, "utf8"));
    const lateMs = first.validToDate.getTime() - 396 * 86_400_000;
    const late = await initRelayHome(dir, [], { wallMs: () => lateMs });
    expect([[...late.made].sort(), late.pin]).toEqual([
      ["tls/ca.crt", "tls/relay.crt", "tls/relay.key"],
      home.pin,
    ]);
    const [leaf, authority] = chainOf(await readFile(certificate, "utf8"));
    expect(authority.raw).toEqual(new X509Certificate(await readFile(authorityCertificate, "utf8")).raw);
    expect([authority.subject, authority.ca, authority.verify(authority.publicKey)]).toEqual([
      first.subject,
      true,
      true,
    ]);
    expect(authority.validToDate.getTime()).toBeGreaterThan(leaf.validToDate.getTime());
    // Who trusts the file of before, as browsers do, trusts what it signed and signs, until its end.
    expect([leaf.checkIssued(authority), leaf.checkIssued(first), leaf.verify(first.publicKey)]).toEqual([
      true,
      true,
      true,
    ]);
    expect((await initRelayHome(dir, [], { wallMs: () => lateMs })).made).toEqual([]);
  });

  it("keeps an authority that was brought, and no certificate outlives that either", async () => {
    const { authorityCertificate, authorityKey, certificate } = relayPaths(dir);
    const brought = await createCertificateAuthority(Date.now() - 3_400 * 86_400_000, "CN=Example Root");
    await writeFile(authorityCertificate, brought.certificatePem);
    await writeFile(authorityKey, brought.keyPem);
    expect([...(await initRelayHome(dir)).made].sort()).toEqual(["tls/relay.crt", "tls/relay.key"]);
    const [leaf, authority] = chainOf(await readFile(certificate, "utf8"));
    expect(leaf.validTo).toBe(authority.validTo);
  });

  const names = (pem: string): string => new X509Certificate(pem).subjectAltName ?? "";
  const isPairHere = async (): Promise<boolean> => {
    const { certificatePem, keyPem } = await readRelayTls(dir);
    return new X509Certificate(certificatePem).checkPrivateKey(createPrivateKey(keyPem));
  };

  it("serves a certificate with its own key wherever a renewal was cut off, and goes on from there", async () => {
    const { certificate, certificateKey: key } = relayPaths(dir);
    const read = () => Promise.all([certificate, key].map((path) => readFile(path, "utf8")));
    const [oldCertificate = "", oldKey = ""] = await read();
    await initRelayHome(dir, ["relay.example.org"]);
    const [newCertificate = "", newKey = ""] = await read();
    const cuts = [
      { crt: oldCertificate, key: oldKey, next: newKey, served: oldKey },
      { crt: newCertificate, key: oldKey, next: newKey, served: newKey },
    ];
    for (const cut of cuts) {
      await writeFile(certificate, cut.crt);
      await writeFile(key, cut.key);
      await writeFile(`${key}.next`, cut.next, { mode: 0o600 });
      expect(await readRelayTls(dir)).toEqual({ certificatePem: cut.crt, keyPem: cut.served });
      expect((await initRelayHome(dir)).made).toEqual([]);
      expect(await isPairHere()).toBe(true);
    }
    expect(await read()).toEqual([newCertificate, newKey]);
  });

  it("is read as one pair at every moment of a renewal", async () => {
    let isRenewed = false;
    const renewals = (async () => {
      for (let round = 0; round < 30; round += 1) await initRelayHome(dir, [`relay-${round}.example.org`]);
      isRenewed = true;
    })();
    while (!isRenewed) expect(await isPairHere()).toBe(true);
    await renewals;
  });

  it("with a key of another certificate is not served, and both are made anew for the same names", async () => {
    await initRelayHome(dir, ["relay.example.org", "2001:db8::7"]);
    const { certificate, certificateKey: key } = relayPaths(dir);
    const before = names(await readFile(certificate, "utf8"));
    const foreign = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
    await writeFile(key, foreign.export({ type: "pkcs8", format: "pem" }));
    await expect(readRelayTls(dir)).rejects.toMatchObject({
      code: "not_configured",
      message: expect.stringContaining("cmdop relay init"),
    });
    const mended = await initRelayHome(dir);
    expect([[...mended.made].sort(), mended.pin]).toEqual([["tls/relay.crt", "tls/relay.key"], home.pin]);
    expect(await isPairHere()).toBe(true);
    expect(
      names(await readFile(certificate, "utf8"))
        .split(", ")
        .sort(),
    ).toEqual(before.split(", ").sort());
  });

  it("is refused when the key set lacks its own key", async () => {
    const stranger = { keyId: "other", privateKey: createPrivateKey25519() };
    await writeFile(relayPaths(dir).keySet, JSON.stringify({ keys: [toPublicJwk(stranger)] }));
    await expect(initRelayHome(dir)).rejects.toMatchObject({ code: "not_configured" });
  });

  it("is refused when others may read the signing key", async () => {
    const { chmod } = await import("node:fs/promises");
    await chmod(relayPaths(dir).signingKey, 0o604);
    await expect(openKeySetAuthority(dir)).rejects.toMatchObject({ code: "not_configured" });
  });

  it("names the directory that cannot be written", async () => {
    const file = join(dir, "file");
    await writeFile(file, "");
    await expect(initRelayHome(join(file, "relay"))).rejects.toMatchObject({
      code: "directory_unwritable",
      message: expect.stringContaining(join(file, "relay")),
    });
  });
});
