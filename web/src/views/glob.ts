/** Names that match a pattern, as `lake_*`: the same patterns as in the YAML. */
export function matches(pattern: string, name: string): boolean {
  return new RegExp(`^${toRegExp(pattern)}$`, "s").test(name);
}

/** Whether a name is chosen; no pattern chooses all. */
export const isChosen = (patterns: readonly string[], name: string) =>
  !patterns.length || patterns.some((each) => matches(each, name));

function toRegExp(pattern: string): string {
  let text = "";
  for (let n = 0; n < pattern.length; n++) {
    const sign = pattern[n]!;
    const end = sign === "[" ? pattern.indexOf("]", n + 2) : -1;
    if (end > 0) {
      const inside = pattern.slice(n + 1, end).replaceAll("\\", "\\\\");
      text += inside.startsWith("!") ? `[^${inside.slice(1)}]` : `[${inside.replace(/^\^/, "\\^")}]`;
      n = end;
    } else text += sign === "*" ? ".*" : sign === "?" ? "." : sign.replace(/[\\^$.|+()[\]{}/-]/, "\\$&");
  }
  return text;
}
