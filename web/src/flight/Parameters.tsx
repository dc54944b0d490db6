/** Search of a recording's parameters: by their names, descriptions, and the vocabulary's synonyms. */
import { useState } from "react";
import type { RecordedParameter, VocabularyQuantity } from "../api";
import { useData } from "../hooks";

const MAX_SHOWN = 12;

interface ParametersProps {
  parameters: readonly RecordedParameter[];
  chosen: readonly string[];
  add: (name: string) => void;
}

export function Parameters({ parameters, chosen, add }: ParametersProps) {
  const [text, setText] = useState("");
  const words = text.trim();
  const known = useData<VocabularyQuantity[]>(words ? "/vocabulary" : null, 0, { text: words, limit: 50 });
  const numbers = parameters.filter((each) => !each.is_text && !chosen.includes(each.name));
  const found = words ? matches(numbers, words, known.data ?? []) : [];
  const choose = (name: string) => {
    add(name);
    setText("");
  };
  return (
    <form
      className="filters parameters"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        if (found[0]) choose(found[0].name);
      }}
    >
      <label>
        Add a parameter ({numbers.length}): name, meaning or synonym
        <input
          size={40}
          value={text}
          placeholder="engine oil"
          onChange={(event) => setText(event.target.value)}
        />
      </label>
      {words && (
        <ul className="found" aria-label="Parameters found">
          {found.slice(0, MAX_SHOWN).map((each) => (
            <li key={each.name}>
              <button type="button" className="quiet" onClick={() => choose(each.name)}>
                + {each.name} <span className="dim">{describe(each)}</span>
              </button>
            </li>
          ))}
          {found.length > MAX_SHOWN && <li className="dim">and {found.length - MAX_SHOWN} more</li>}
          {!found.length && <li className="dim">No parameter of this flight matches.</li>}
        </ul>
      )}
    </form>
  );
}

function describe(each: RecordedParameter): string {
  const from = each.recorded_as?.length ? `from ${each.recorded_as.join(", ")}` : "";
  return [each.unit, each.describes, from].filter(Boolean).join(" · ");
}

/** The best first: the same name, then what the vocabulary finds, then names and descriptions. */
function matches(
  parameters: readonly RecordedParameter[],
  words: string,
  quantities: readonly VocabularyQuantity[],
): RecordedParameter[] {
  const rank = new Map(quantities.map((each, index) => [each.name, index + 1]));
  const parts = words.toLowerCase().split(/[\s_]+/);
  const score = (each: RecordedParameter): number => {
    if (each.name === words) return 0;
    const text = `${each.name} ${each.describes ?? ""} ${each.recorded_as?.join(" ") ?? ""}`.toLowerCase();
    return rank.get(each.name) ?? (parts.every((part) => text.includes(part)) ? 1000 : Infinity);
  };
  return parameters
    .map((each) => ({ each, at: score(each) }))
    .filter(({ at }) => at < Infinity)
    .sort((a, b) => a.at - b.at || a.each.name.localeCompare(b.each.name))
    .map(({ each }) => each);
}
