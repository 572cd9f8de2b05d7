import { ask } from "./cmdop.js";

const [methods, me] = await Promise.all([ask("GET", "/v1/sign-in"), ask("GET", "/v1/whoami")]);
location.replace(me.ok ? "/account" : methods.body.isClaimed === false ? "/setup" : "/sign-in");
