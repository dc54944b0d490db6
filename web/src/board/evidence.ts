/** Evidence of a failure as one line of text. */
import type { Evidence } from "../api";

/** One piece of evidence as words: only what is known. */
export function evidenceText(item: Evidence): string {
  const parts = [
    item.reason,
    item.tail,
    [item.archive, item.member].filter(Boolean).join(" / "),
    item.part,
    item.byte_offset != null ? `byte ${item.byte_offset}` : "",
    item.frame != null ? `frame ${item.frame}` : "",
    item.expected && `expected ${item.expected}`,
    item.found && `found ${item.found}`,
    item.hex && `bytes ${item.hex}`,
    (item.count ?? 1) > 1 ? `${item.count} times` : "",
  ];
  return parts.filter(Boolean).join(" · ");
}
