// The plain pages as a person meets them, in Chromium.
import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ControlFixture } from "../../services/control/src/testing/control-fixture.ts";

const executablePath = process.env.CMDOP_TEST_CHROMIUM ?? "/usr/bin/chromium";
/** Set: what each page looks like is left there. */
const pictures = process.env.CMDOP_TEST_PICTURES;

const password = "correct horse battery";
let fixture: ControlFixture;
let browser: Browser;
let page: Page;
const problems: string[] = [];

const picture = async (name: string): Promise<void> => {
  if (pictures === undefined) return;
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: path.join(pictures, `${name}.png`), fullPage: true });
};

describe.runIf(existsSync(executablePath))("the pages", () => {
  beforeAll(async () => {
    fixture = await ControlFixture.open();
    browser = await chromium.launch({
      executablePath,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    });
    page = await browser.newPage();
    page.setDefaultTimeout(15_000);
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("console", (message) => {
      // A refused sign-in is an answer of 401, which the browser notes too.
      if (message.type() === "error" && !message.text().includes("401")) problems.push(message.text());
    });
  }, 90_000);
  afterAll(async () => {
    await browser.close();
    await fixture.close();
  });

  const origin = () => `http://localhost:${fixture.control.port}`;

  const post = async (at: string, fields: Record<string, string>): Promise<Record<string, unknown>> => {
    const body = new URLSearchParams({ client_id: "cmdop-cli", ...fields });
    const answer = await fetch(`${fixture.url}${at}`, { method: "POST", body });
    return { ...((await answer.json()) as object) };
  };

  it("make the owner with the printed code, which leaves the address at once", async () => {
    await page.goto(await fixture.setupUrl());
    await page.getByLabel("Name").fill("Ada Lovelace");
    await page.getByLabel("Email").fill("ada@example.org");
    await page.getByLabel(/^Password/).fill(password);
    expect(page.url()).toBe(`${origin()}/setup`);
    await picture("setup");
    await page.getByRole("button", { name: "Make the owner" }).click();
    await page.getByText("Where you are signed in").waitFor();
    await picture("account");
    await page.getByRole("button", { name: "Sign out", exact: true }).first().click();
    await page.waitForURL("**/sign-in");
  });

  it("sign in, and sign a terminal in whose code was typed, after its description was shown", async () => {
    const asked = await post("/oauth/device_authorization", { client_name: "cmdop", hostname: "web-1" });
    await page.goto(`${origin()}/device`);
    await page.waitForURL("**/sign-in?next=%2Fdevice");
    await page.getByLabel("Email").fill("ada@example.org");
    await page.getByLabel("Password").fill("a wrong password");
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.getByText("This is not what the account signs in with.").waitFor();
    await picture("sign-in");
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.getByLabel("Code").fill(String(asked.user_code));
    await page.getByRole("button", { name: "Look" }).click();
    await page.getByText("web-1").waitFor();
    await picture("device");
    await page.getByRole("button", { name: "Sign it in" }).click();
    await page.getByText("The terminal is signed in.").waitFor();
    const token = await post("/oauth/token", {
      grant_type: "urn:ietf:params:oauth:grant-type:device_code",
      device_code: String(asked.device_code),
    });
    expect(token.access_token).toMatch(/^cmdop_cli_/);
  });

  it("go nowhere else after the sign-in, whatever their address names", async () => {
    await page.goto(`${origin()}/account`);
    await page.getByRole("button", { name: "Sign out", exact: true }).first().click();
    await page.waitForURL("**/sign-in");
    await page.goto(`${origin()}/sign-in?next=${encodeURIComponent("/.//localhost:1/")}`);
    await page.getByLabel("Email").fill("ada@example.org");
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.waitForURL(`${origin()}/account`);
  });

  it("take a passkey of the browser's own authenticator, and sign in with it", async () => {
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("WebAuthn.enable");
    await devtools.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2",
        transport: "internal",
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    await page.goto(`${origin()}/account`);
    await page.getByRole("button", { name: "Add a passkey" }).click();
    await page.getByText("used never").waitFor();
    page.once("dialog", (dialog) => dialog.accept("Work laptop"));
    await page.getByRole("button", { name: "Rename" }).click();
    await page.getByText("Work laptop").waitFor();
    await page.getByRole("button", { name: "Sign out", exact: true }).first().click();
    await page.waitForURL("**/sign-in");
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await page.getByText("Where you are signed in").waitFor();
  });

  it("show the secret of an authenticator app as a QR code that is drawn here", async () => {
    await page.getByRole("button", { name: "Add or replace" }).click();
    const code = page.getByRole("img", { name: "The secret as a QR code" });
    await code.waitFor();
    expect(await code.locator("path").getAttribute("d")).toMatch(/^M4 4h1v1h-1z/);
    await picture("authenticator");
    await page.goto(`${origin()}/account`);
  });

  it("run no script but their own, and none of theirs fails", () => {
    expect(problems).toEqual([]);
  });
});
