// Spins while it is imported.
// @build-fails within
for (;;);
export {};
