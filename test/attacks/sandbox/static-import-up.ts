// Imports a file above its own root as JSON when it is built.
// @build-fails environ
import secret from "../../../../../../proc/self/environ" with { type: "text" };
const at = JSON.parse(Deno.env.get("ATTACK")!);
Deno.serve(() => Response.json({ attack: at.name, escaped: secret.includes("="), detail: secret.slice(0, 40) }));
