// Fills its memory while it is imported.
// @build-fails memory
const kept: Uint8Array[] = [];
for (;;) kept.push(new Uint8Array(8 << 20).fill(1));
export {};
