// A program answers, reads its own file and sees its variables.
const at = JSON.parse(Deno.env.get("ATTACK")!);

Deno.serve(async (request) => {
  try {
    const own = Deno.readTextFileSync("/src/main.ts").includes("control") && Deno.env.get("VISIBLE") === "a variable of its own";
    return Response.json({ control: at.name, works: own && request.method === "GET", detail: "answered" });
  } catch (error) {
    return Response.json({ control: at.name, works: false, detail: String(error) });
  }
});
