/** A panel over the page: takes the focus, closes with Escape, and gives the focus back. */
import { useCallback, useEffect, useRef, type ReactNode } from "react";
import { go, withQuery } from "./hooks";

interface PanelProps {
  label: string;
  /** Name in the address's query that opens the panel; the panel leaves it out to close. */
  name: string;
  children: ReactNode;
}

export function Panel({ label, name, children }: PanelProps) {
  const panel = useRef<HTMLElement>(null);
  const close = useCallback(() => go(withQuery(new URL(location.href), { [name]: "" })), [name]);
  useEffect(() => {
    const before = document.activeElement;
    panel.current?.focus();
    const leave = (event: KeyboardEvent) => event.key === "Escape" && close();
    document.addEventListener("keydown", leave);
    return () => {
      document.removeEventListener("keydown", leave);
      if (before instanceof HTMLElement) before.focus();
    };
  }, [close]);
  return (
    <aside className="reason" ref={panel} tabIndex={-1} aria-label={label}>
      <button className="close" onClick={close} aria-label="Close">
        ×
      </button>
      {children}
    </aside>
  );
}
