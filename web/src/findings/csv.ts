/** Saves rows as a CSV file. */
export function saveCsv(name: string, rows: readonly object[]): void {
  const columns = Object.keys(rows[0] ?? {});
  const lines = rows.map((row) => columns.map((column) => cell((row as Cells)[column])).join(","));
  const blob = new Blob([[columns.join(","), ...lines, ""].join("\r\n")], { type: "text/csv" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

type Cells = Record<string, unknown>;

/** One cell; text that a spreadsheet would run as a formula begins with an apostrophe. */
function cell(value: unknown): string {
  const text = String(value ?? "");
  const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Rows for a file: with the pseudonym of the aircraft in every text, where the server gives one. */
export function exported<Row extends { tail: string; pseudonym?: string }>(rows: readonly Row[]): object[] {
  return rows.map(({ pseudonym, ...row }) => {
    if (!pseudonym) return row;
    const hide = (value: unknown) => (typeof value === "string" ? value.replaceAll(row.tail, pseudonym) : value);
    return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, hide(value)]));
  });
}
