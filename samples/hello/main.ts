// Greets by name and serves one static file: `/?name=you` and `/static/islet.svg`.
import { greet } from './greet.ts';

const picture = await Deno.readFile('static/islet.svg');

Deno.serve(request => {
  const url = new URL(request.url);
  if (url.pathname === '/static/islet.svg')
    return new Response(picture, { headers: { 'content-type': 'image/svg+xml', 'cache-control': 'public, max-age=3600' } });
  if (url.pathname !== '/') return new Response('Not found\n', { status: 404 });
  return new Response(greet(url.searchParams.get('name') ?? 'world') + '\n');
});
