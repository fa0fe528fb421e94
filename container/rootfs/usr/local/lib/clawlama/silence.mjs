// Loaded into the gateway: it finds none of its makers' hosts. After every start it fetches their catalog of plugins, and
// no key of its configuration stops that; so would what a later release thinks of.
import dns from "node:dns";
import { syncBuiltinESMExports } from "node:module";

const MAKERS = /(^|\.)(openclaw|clawhub)\.ai\.?$/i;

const notFound = (name) =>
  Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: "ENOTFOUND", errno: -3008, syscall: "getaddrinfo", hostname: name });

const refusing = (lookup, refuse) =>
  new Proxy(lookup, {
    apply: (target, self, given) => (MAKERS.test(given[0]) ? refuse(notFound(given[0]), given.at(-1)) : Reflect.apply(target, self, given)),
  });

dns.lookup = refusing(dns.lookup, (error, done) => process.nextTick(done, error));
dns.promises.lookup = refusing(dns.promises.lookup, (error) => Promise.reject(error));
syncBuiltinESMExports();
