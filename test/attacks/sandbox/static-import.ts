// Imports /etc/passwd as text when it is built.
// @build-fails /etc/passwd
import passwd from "/etc/passwd" with { type: "text" };
const at = JSON.parse(Deno.env.get("ATTACK")!);
Deno.serve(() => Response.json({ attack: at.name, escaped: passwd.includes("root:"), detail: passwd.slice(0, 40) }));
