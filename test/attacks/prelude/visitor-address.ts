// Believes a visitor who says that he is somebody else, and changes what others read.
const at = JSON.parse(Deno.env.get("ATTACK")!);

Deno.serve((request, info) => {
  const claimed = "6.6.6.6"; // what this test's visitors put into x-islet-client themselves
  const shown = info.remoteAddr as Deno.NetAddr;
  return Response.json({ attack: at.name, escaped: shown.hostname === claimed, detail: `shown ${shown.hostname}, header ${request.headers.get("x-islet-client")}` });
});
