/** The small parts that every page is made of. */
import type { MouseEvent, ReactNode } from "react";
import type { Status } from "./api";
import { go } from "./hooks";

export const SYMBOLS: Record<Status, string> = {
  FAILED: "×",
  BLOCKED: "‖",
  WARNING: "!",
  STALE: "~",
  UNKNOWN: "?",
  RUNNING: "»",
  HEALTHY: "✓",
};

/** A status as symbol and word on its colour. */
export function StatusMark({ status, text = status }: { status: Status; text?: string }) {
  return (
    <span className={`mark ${status}`}>
      <span aria-hidden="true">{SYMBOLS[status]}</span> {text}
    </span>
  );
}

/** A link inside these pages; a click with a key held opens it as the browser would. */
export function Link({
  to,
  children,
  ...rest
}: { to: string; children: ReactNode } & Record<string, unknown>) {
  const follow = (event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    go(to);
  };
  return (
    <a href={to} onClick={follow} {...rest}>
      {children}
    </a>
  );
}

/** A message that assistive technology reads at once. */
export function Alert({ children }: { children: ReactNode }) {
  return (
    <p className="alert" role="alert">
      {children}
    </p>
  );
}

/** A heading with its content; `count` stands beside the heading. */
export function Section({
  title,
  count,
  children,
}: {
  title: string;
  count?: ReactNode;
  children: ReactNode;
}) {
  return (
    <section className="section" aria-label={title}>
      <h2>
        {title} {count !== undefined && <span className="count">{count}</span>}
      </h2>
      {children}
    </section>
  );
}
