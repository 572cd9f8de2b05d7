import { accountPage } from "../sign-in/browser-page.ts";

export const run = accountPage(
  "A browser goes to the provider and back: choose it on that page. cmdop identities list shows it then.",
);
