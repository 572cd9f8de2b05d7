// The plain pages: sign-in, approval of terminals, the account. One document, a script for each; what a page shows
// comes by the API like everything else.
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import type { FastifyInstance } from "fastify";

const directory = path.join(import.meta.dirname, "../../pages");

const pages: Readonly<Record<string, { readonly title: string; readonly script: string }>> = {
  "/": { title: "cmdop", script: "home.js" },
  "/setup": { title: "Set up", script: "setup.js" },
  "/sign-in": { title: "Sign in", script: "sign-in.js" },
  "/reset": { title: "Choose a password", script: "reset.js" },
  "/device": { title: "Sign a terminal in", script: "device.js" },
  "/oauth/authorize": { title: "Sign a terminal in", script: "authorize.js" },
  "/account": { title: "Your account", script: "account.js" },
};

const mediaTypes: Readonly<Record<string, string>> = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

const documentOf = (title: string, script: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} – cmdop</title>
<link rel="stylesheet" href="/assets/cmdop.css">
<link rel="icon" href="/assets/icon.svg">
<script type="module" src="/assets/${script}"></script>
</head>
<body>
<header><a href="/account">cmdop</a></header>
<main id="main" aria-live="polite"><noscript><p>This page needs JavaScript.</p></noscript></main>
</body>
</html>
`;

export const servePages = async (app: FastifyInstance): Promise<void> => {
  for (const [at, { title, script }] of Object.entries(pages)) {
    const document = documentOf(title, script);
    app.get(at, { schema: { hide: true } }, (_request, reply) =>
      reply.type("text/html; charset=utf-8").send(document),
    );
  }
  for (const name of await readdir(directory)) {
    const mediaType = mediaTypes[path.extname(name)];
    if (mediaType === undefined) continue;
    const text = await readFile(path.join(directory, name), "utf8");
    app.get(`/assets/${name}`, { schema: { hide: true } }, (_request, reply) =>
      reply.type(mediaType).header("cache-control", "no-cache").send(text),
    );
  }
};
