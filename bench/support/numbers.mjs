// Percentiles and a plain table.
export function percentile(values, p) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil((p / 100) * sorted.length) - 1))];
}

export const median = values => percentile(values, 50);

export const round = (value, digits = 2) => Number(value.toFixed(digits));

/** Rows are objects with the same members; numbers are right-aligned. */
export function table(rows) {
  const columns = [...new Set(rows.flatMap(Object.keys))];
  const cells = [columns, ...rows.map(row => columns.map(column => `${row[column] ?? ''}`))];
  const widths = columns.map((_, n) => Math.max(...cells.map(line => line[n].length)));
  const right = columns.map(column => rows.some(row => typeof row[column] === 'number'));
  return cells.map(line => '  ' + line.map((cell, n) => right[n] ? cell.padStart(widths[n]) : cell.padEnd(widths[n])).join('  ')).join('\n');
}
