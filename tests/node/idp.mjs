// A real provider of sign-ins for tests: whoever comes is whom they say they are.
import http from "node:http";
import Provider from "oidc-provider";

const [issuer, redirect] = process.argv.slice(2);
const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "lapel",
      client_secret: "a secret of the tests",
      redirect_uris: [redirect],
    },
  ],
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  features: { devInteractions: { enabled: true } },
  pkce: { required: () => true },
});
http
  .createServer(provider.callback())
  .listen(Number(new URL(issuer).port), "127.0.0.1", () => console.log("ready"));
