/** A button that asks for its reason first, acts, and shows what came of it. */
import { useState, type FormEvent, type ReactNode } from "react";
import { post, type ApiError } from "./api";

interface ActionProps<T> {
  name: string;
  label: string;
  isOptional?: boolean;
  /** Further fields of the form, whose values `body` knows. */
  fields?: ReactNode;
  path: string;
  body: (text: string) => object;
  done: (result: T) => string;
  reload: () => void;
}

export function Action<T>({ name, label, isOptional, fields, path, body, done, reload }: ActionProps<T>) {
  const [text, setText] = useState<string | null>(null);
  const [result, setResult] = useState("");
  const [isBusy, setBusy] = useState(false);
  const act = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      setResult(`✓ ${done(await post<T>(path, body((text ?? "").trim())))}`);
      setText(null);
    } catch (error) {
      setResult(`! ${(error as ApiError).message}`);
    }
    setBusy(false);
    reload();
  };
  return (
    <span className="action">
      {text === null ? (
        <button onClick={() => setText("")}>{name}</button>
      ) : (
        <form className="fields" onSubmit={act}>
          {fields}
          <label>
            {label}{" "}
            <input autoFocus value={text} onChange={(event) => setText(event.target.value)} />
          </label>
          <button disabled={isBusy || !(isOptional || text.trim())}>{name}</button>
          <button type="button" className="quiet" onClick={() => setText(null)}>
            Cancel
          </button>
        </form>
      )}
      {result && <output role="status">{result}</output>}
    </span>
  );
}
