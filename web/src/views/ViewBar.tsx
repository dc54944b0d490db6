/** The view of the board: its title and notes, and what chooses it and opens the editor. */
import "./views.css";
import type { SavedViewDetail, SavedViewEntry, Session } from "../api";
import { go, useData, withQuery, type Loaded } from "../hooks";
import { Alert, Link } from "../parts";
import { viewName } from "./views";

const POLL_S = 10;

/** The view of an address, read again now and then: a file that was edited by hand shows at once. */
export function useView(address: URL): Loaded<SavedViewDetail> {
  const name = viewName(address);
  const isName = /^[a-z0-9][a-z0-9_]{0,63}$/.test(name);
  return useData<SavedViewDetail>(isName ? `/views/${name}` : null, POLL_S);
}

interface ViewBarProps {
  address: URL;
  view: Loaded<SavedViewDetail>;
}

/** Title and notes of the view, and why there is none. */
export function ViewTitle({ address, view }: ViewBarProps) {
  const name = viewName(address);
  const shown = view.data?.view;
  return (
    <>
      {view.error && (
        <Alert>
          View {name}: {view.error.message} {shown ? "Shown is the last one that was read." : "Everything is shown."}
        </Alert>
      )}
      {shown && (
        <div className="view-title">
          <h2>{shown.describes}</h2>
          {shown.notes && <p className="notes">{shown.notes}</p>}
        </div>
      )}
    </>
  );
}

export function ViewChooser({ address, session }: { address: URL; session: Session | null }) {
  const name = viewName(address);
  const views = useData<SavedViewEntry[]>("/views", POLL_S);
  const open = (chosen: string) => go(withQuery(address, { view: chosen }));
  const known = views.data ?? [];
  const isListed = !name || known.some((each) => each.name === name);
  return (
    <div className="views">
      <label>
        View{" "}
        <select aria-label="View" value={name} onChange={(event) => open(event.target.value)}>
          <option value="">everything</option>
          {!isListed && <option value={name}>{name}</option>}
          {known.map((each) => (
            <option key={each.name} value={each.name}>
              {each.name}
              {each.problem ? " (invalid)" : ""}
            </option>
          ))}
        </select>
      </label>
      {session?.may_operate && (
        <>
          {name && <Link to={withQuery(address, { edit: name, process: "", aircraft: "" })}>Edit this view</Link>}
          <Link to={withQuery(address, { edit: "*", process: "", aircraft: "" })}>New view</Link>
        </>
      )}
    </div>
  );
}
