// Spins while it is imported.
// @build-fails No server was listening
for (;;);
export {};
