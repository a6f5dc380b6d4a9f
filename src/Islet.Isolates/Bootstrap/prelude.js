// Runs inside every isolate before the program (deno run --preload). It is no wall: the jail is. It only makes
// Deno.serve look as if the program listened on the visitor's connection, though it listens on a Unix socket and the
// visitor's address comes in a header that the edge always sets itself.

// Crons are the platform's to run. Where this program may have none, Deno has no Deno.cron, or one of its own that would
// run only while the isolate happens to.
if (!Deno.env.has("DENO_UNSTABLE_CRON_SOCK")) {
  Object.defineProperty(Deno, "cron", {
    configurable: true,
    enumerable: true,
    writable: true,
    value: function cron() {
      throw new TypeError('Deno.cron is not enabled for this deployment: it needs "enableCron": true, a database in "databases", and a server that jails programs');
    },
  });
}

{
  const native = Object.getOwnPropertyDescriptor(Deno, "serve");
  const { apply } = Reflect;
  const getHeader = Headers.prototype.get;
  const getHeaders = Object.getOwnPropertyDescriptor(Request.prototype, "headers").get;
  const { lastIndexOf, slice } = String.prototype;
  const header = "x-islet-client";

  // "ip:port", IPv6 in brackets.
  const visitor = (text) => {
    const colon = apply(lastIndexOf, text, [":"]);
    const host = apply(slice, text, [0, colon]);
    return {
      transport: "tcp",
      hostname: host[0] === "[" ? apply(slice, host, [1, -1]) : host,
      port: +apply(slice, text, [colon + 1]),
    };
  };

  // One small object per request; the header is read only when the program asks for the address.
  class ServeHandlerInfo {
    #info;
    #request;
    #address;
    constructor(info, request) {
      this.#info = info;
      this.#request = request;
    }
    get remoteAddr() {
      if (this.#address === undefined) {
        const real = this.#info.remoteAddr;
        const text = real.transport === "unix" ? apply(getHeader, apply(getHeaders, this.#request, []), [header]) : null;
        this.#address = text === null ? real : visitor(text);
      }
      return this.#address;
    }
    get completed() {
      return this.#info.completed;
    }
  }

  const wrap = (serve) =>
    function (first, second) {
      const inOptions = typeof first !== "function" && typeof second !== "function";
      const handler = typeof first === "function" ? first : inOptions ? first?.handler : second;
      if (typeof handler !== "function") return apply(serve, this, arguments); // its own error
      const options = (typeof first === "function" ? undefined : first) ?? {}; // Deno ignores what follows a leading handler
      const { onListen } = options;
      const wrapped = {
        ...options,
        onListen(address) {
          if (typeof onListen !== "function") return;
          const shown = address.transport === "unix" && options.path === undefined
            ? { transport: "tcp", hostname: "0.0.0.0", port: options.port || 8000 }
            : address;
          apply(onListen, this, [shown]);
        },
      };
      const answer = (request, info) => handler(request, new ServeHandlerInfo(info, request));
      if (inOptions) wrapped.handler = answer;
      return inOptions ? apply(serve, this, [wrapped]) : apply(serve, this, [wrapped, answer]);
    };

  // Deno loads its server lazily: so does this.
  let wrapped;
  const get = () => (wrapped ??= Object.defineProperty(wrap(native.get ? apply(native.get, Deno, []) : native.value), "name", { value: "serve" }));
  Object.defineProperty(Deno, "serve", {
    configurable: true,
    enumerable: true,
    get,
    set(value) {
      wrapped = value;
    },
  });
}

// A database in memory is the program's own, whether it has one of the platform or not; Deno would ask for the latter
// as long as this variable is there. It reads it in the first, synchronous part of the call.
{
  const name = "DENO_KV_REQUIRES_DISTRIBUTED_DATABASE";
  const { apply } = Reflect;
  const { env } = Deno;
  const { get: getVariable, set: setVariable, delete: deleteVariable } = env;
  const native = Object.getOwnPropertyDescriptor(Deno, "openKv");
  const open = () => (native.get ? apply(native.get, Deno, []) : native.value);
  const openKv = (path) => {
    if (path !== ":memory:") return apply(open(), Deno, [path]);
    const value = apply(getVariable, env, [name]);
    apply(deleteVariable, env, [name]);
    try {
      return apply(open(), Deno, [path]);
    } finally {
      if (value !== undefined) apply(setVariable, env, [name, value]);
    }
  };
  if (native) Object.defineProperty(Deno, "openKv", { value: openKv, writable: true, enumerable: true, configurable: true });
}
