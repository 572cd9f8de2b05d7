import { accountPage } from "../sign-in/browser-page.ts";

export const run = accountPage(
  "A browser makes a passkey: choose Add a passkey on that page. Name it then: cmdop passkeys rename",
);
