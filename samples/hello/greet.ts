export function greet(name: string): string {
  const where = Deno.env.get('DENO_DEPLOYMENT_ID') ?? 'this machine';
  return `Hello, ${name}, from ${where}!`;
}
