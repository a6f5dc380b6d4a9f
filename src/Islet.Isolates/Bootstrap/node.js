// Loaded before programs that bring a Node framework: such frameworks ask their server where it listens and break on
// the null that a Unix socket of the platform gives. They are told of an address of their
// own machine: at 0.0.0.0 some go on and ask for all interfaces, which there are none of.
// A module apart from prelude.js, because loading node:net costs more than the start of a small program.
import { Server } from "node:net";

const { address } = Server.prototype;

Server.prototype.address = function () {
  const real = address.call(this);
  return real === null && this.listening ? { address: "127.0.0.1", family: "IPv4", port: 8000 } : real;
};
