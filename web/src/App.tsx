/** The frame of every page: navigation, the age of what is shown, and the page of the address. */
import { useEffect, useState } from "react";
import { saveKey, savedKey, type Session } from "./api";
import { Board } from "./board/Board";
import { Findings } from "./findings/Findings";
import { Flight } from "./flight/Flight";
import { clock, duration, secondsSince } from "./format";
import { useAddress, useData, useNow, useStatus, withQuery, type Loaded } from "./hooks";
import { Compare } from "./history/Compare";
import { History } from "./history/History";
import { Incidents } from "./incidents/Incidents";
import { Lineage } from "./lineage/Lineage";
import { Live } from "./live/Live";
import { Alert, Link } from "./parts";
import type { HealthStatus } from "./api";

const OLD_S = 30;
const THEME = "dataflow-health-theme";

export function App() {
  const address = useAddress();
  const status = useStatus();
  const session = useData<Session>("/session", 300);
  const isKiosk = address.searchParams.get("kiosk") === "1";
  useWakeLock(isKiosk);
  const needsKey = status.error?.http === 401;
  return (
    <div className={isKiosk ? "app kiosk" : "app"}>
      <Header address={address} status={status} isKiosk={isKiosk} session={session.data} />
      <main>
        {needsKey ? <KeyForm /> : <Page address={address} status={status} session={session.data} />}
      </main>
    </div>
  );
}

interface PageProps {
  address: URL;
  status: Loaded<HealthStatus>;
  session: Session | null;
}

function Page({ address, status, session }: PageProps) {
  if (address.pathname === "/history") return <History address={address} />;
  if (address.pathname === "/compare") return <Compare address={address} />;
  if (address.pathname === "/incidents") return <Incidents address={address} session={session} />;
  if (address.pathname === "/findings") return <Findings address={address} session={session} />;
  if (address.pathname === "/lineage") return <Lineage address={address} />;
  if (address.pathname === "/live") return <Live address={address} />;
  const recording = /^\/recordings\/([0-9a-f]{6,64})$/.exec(address.pathname)?.[1];
  if (recording) return <Flight key={recording} address={address} recording={recording} session={session} />;
  return <Board address={address} status={status} session={session} />;
}

const PAGES = [
  ["/", "Board"],
  ["/history", "History"],
  ["/compare", "Compare"],
  ["/incidents", "Incidents"],
  ["/findings", "Findings"],
  ["/lineage", "Lineage"],
  ["/live", "Live"],
] as const;

function Header({
  address,
  status,
  session,
  isKiosk,
}: PageProps & { isKiosk: boolean }) {
  return (
    <header className="header">
      <strong className="brand">Dataflow Health</strong>
      {!isKiosk && (
        <nav aria-label="Pages">
          {PAGES.map(([path, name]) => (
            <Link key={path} to={path} aria-current={address.pathname === path ? "page" : undefined}>
              {name}
            </Link>
          ))}
          {session && <a href={session.dagster_url}>Dagster</a>}
          <a href="/api/v1/docs">API</a>
        </nav>
      )}
      <span className="space" />
      {!isKiosk && <Tools address={address} session={session} />}
      <Age status={status} />
    </header>
  );
}

function Tools({ address, session }: { address: URL; session: Session | null }) {
  const [theme, setTheme] = useState(() => localStorage.getItem(THEME) ?? "");
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
    localStorage.setItem(THEME, theme);
  }, [theme]);
  const forget = () => {
    saveKey("");
    location.reload();
  };
  return (
    <>
      {savedKey() && session && (
        <button className="quiet" onClick={forget} title="Forget the key">
          {session.caller}: sign out
        </button>
      )}
      <select aria-label="Colours" value={theme} onChange={(event) => setTheme(event.target.value)}>
        <option value="">auto</option>
        <option value="light">light</option>
        <option value="dark">dark</option>
      </select>
      <Link to={withQuery(address, { kiosk: "1" })}>Kiosk</Link>
    </>
  );
}

/** Clock and age of the report: words, not only a colour, when it is old or the API is away. */
function Age({ status }: { status: Loaded<HealthStatus> }) {
  const now = useNow();
  const at = status.data?.at;
  const ageS = at ? secondsSince(at, now) : 0;
  const time = `${new Date(now).toISOString().slice(11, 19)}Z`;
  const shown = at ? `${duration(ageS)} old` : "no data yet";
  const isOld = status.error !== null || ageS > OLD_S;
  return (
    <span className={isOld ? "age old" : "age"} title={at ? `Evaluated ${clock(at, now)}` : ""}>
      <time>{time}</time> <span>{isOld ? `! ${shown}` : shown}</span>
    </span>
  );
}

function KeyForm() {
  const [key, setKey] = useState("");
  const enter = () => {
    saveKey(key.trim());
    location.reload();
  };
  return (
    <form
      className="section narrow"
      onSubmit={(event) => {
        event.preventDefault();
        enter();
      }}
    >
      <h1>This server asks for a key</h1>
      {savedKey() && <Alert>The key is not valid.</Alert>}
      <label>
        Key of the API{" "}
        <input
          type="password"
          autoComplete="current-password"
          value={key}
          onChange={(event) => setKey(event.target.value)}
        />
      </label>
      <button disabled={!key.trim()}>Enter</button>
      <p className="dim">It is kept in this tab until the tab is closed.</p>
    </form>
  );
}

/** Keeps a screen on the wall from going dark, where the browser allows it. */
function useWakeLock(isOn: boolean): void {
  useEffect(() => {
    if (!isOn || !("wakeLock" in navigator)) return;
    let lock: WakeLockSentinel | null = null;
    const take = () =>
      document.visibilityState === "visible" &&
      navigator.wakeLock.request("screen").then(
        (taken) => (lock = taken),
        () => undefined,
      );
    void take();
    document.addEventListener("visibilitychange", take);
    return () => {
      document.removeEventListener("visibilitychange", take);
      void lock?.release();
    };
  }, [isOn]);
}
