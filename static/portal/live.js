// [data-live="/live/…/" data-poll="/m/…/live/" data-sequence="12"]: keeps a meeting page as the
// meeting is. The socket brings panels and counts; whatever was missed is asked over HTTP.
(() => {
  const page = document.querySelector("[data-live]");
  if (!page) return;
  const SILENCE = 40_000; // milliseconds without a heartbeat (they come every 15 s)
  const LONGEST_WAIT = 30_000;
  const ENDED = 4401, NOT_ADMITTED = 4403, ELSEWHERE = 4409;
  const connection = document.querySelector("[data-connection]");
  const people = page.querySelector('[data-panel="people"]');
  const peoplePage = parseInt(new URLSearchParams(location.search).get("page"), 10) || 1;
  const shown = new Map();
  let last = Number(page.dataset.sequence), newest = last, here = 0, pollEvery = 10;
  let socket, heardAt = 0, failures = 0, isLive = false, timers = {};

  const random = (most) => Math.random() * most;
  const once = (name, work, wait) => {
    timers[name] ??= setTimeout(() => { delete timers[name]; work(); }, wait);
  };

  function say(state, words) {
    if (!connection || connection.textContent === words) return;
    connection.dataset.connection = state;
    connection.textContent = words;
  }

  function tab() { // one for each meeting: it must not tie somebody's visits together
    const key = `tab of ${page.dataset.live}`;
    const made = () => "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (c) =>
      (c ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (c / 4)))).toString(16));
    try { sessionStorage[key] ||= made(); return sessionStorage[key]; } catch { return made(); }
  }

  function countHere(number) {
    here = number;
    for (const element of document.querySelectorAll("[data-here]")) element.textContent = number;
  }

  const markOf = (element) => element.id || element.getAttribute("href") || element.textContent.trim();

  function show(name, html) {
    const panel = page.querySelector(`[data-panel="${name}"]`);
    if (!panel || shown.get(name) === html) return;
    shown.set(name, html);
    if (name === "title") document.title = document.title.replace(panel.textContent, () => parsed(html).textContent);
    const before = new Set([...panel.querySelectorAll("[data-key]")].map((row) => row.dataset.key));
    const focused = panel.contains(document.activeElement) ? markOf(document.activeElement) : null;
    panel.replaceChildren(...parsed(html).childNodes);
    for (const row of panel.querySelectorAll("[data-key]"))
      if (!before.has(row.dataset.key)) row.classList.add("is-new");
    if (focused)
      [...panel.querySelectorAll("a, button, summary")].find((e) => markOf(e) === focused)?.focus({ preventScroll: true });
  }

  const parsed = (html) => new DOMParser().parseFromString(html, "text/html").body;

  function hear(message) {
    heardAt = Date.now();
    if (message.here !== undefined) countHere(message.here);
    newest = Math.max(newest, message.seq ?? 0, message.head ?? 0);
    if (message.seq > last) {
      for (const [name, html] of Object.entries(message.panels ?? {})) show(name, html);
      if (message.panels && message.seq === last + 1) last = message.seq;
    }
    // A number may still be on its way; and a thousand pages must not ask at once.
    if (newest > last) once("behind", () => newest > last && ask(), 500 + random(Math.min(15_000, 1000 + 10 * here)));
    if (people && (message.change === "people" || message.change === "state"))
      once("people", ask, random(Math.min(120_000, 1000 + 40 * here)));
  }

  async function ask() {
    const query = new URLSearchParams({ seq: last, tab: tab(), ...(people && { people: peoplePage }) });
    try {
      const answer = await fetch(`${page.dataset.poll}?${query}`, { cache: "no-store" });
      if (answer.status === 403 || answer.status === 404) return toTheDoor();
      if (!answer.ok) throw new Error(answer.status);
      const state = await answer.json();
      countHere(state.here);
      pollEvery = state.poll_every;
      if (state.seq >= last) for (const [name, html] of Object.entries(state.panels)) show(name, html);
      last = Math.max(last, state.seq);
      newest = Math.max(newest, last);
      if (!isLive) say("polling", `Updates every ${pollEvery} s`);
    } catch {
      if (!isLive) say("waiting", "Reconnecting…");
    }
  }

  function poll() { // as long as there is no socket
    once("poll", async () => { if (isLive || timers.stopped) return; await ask(); poll(); }, pollEvery * (900 + random(200)));
  }

  function stop(words) {
    timers.stopped = true;
    say("stopped", words);
  }

  function toTheDoor() { // it decides anew; but no page reloads for ever
    const key = `reloaded ${page.dataset.live}`;
    const isAgain = Date.now() - Number(sessionStorage[key] ?? 0) < 60_000;
    sessionStorage[key] = Date.now();
    stop(isAgain ? "You are not in this meeting any more. Reload to enter again." : "One moment…");
    if (!isAgain) setTimeout(() => location.reload(), random(1500));
  }

  function connect() {
    if (timers.stopped) return;
    const address = new URL(page.dataset.live, location.href.replace(/^http/, "ws"));
    address.searchParams.set("tab", tab());
    socket = new WebSocket(address);
    socket.onmessage = ({ data }) => {
      if (!isLive) say("live", "Connected");
      isLive = true;
      hear(JSON.parse(data));
    };
    socket.onclose = ({ code }) => lose(code);
  }

  function lose(code) {
    if (isLive) failures = 0;
    isLive = false;
    if (code === ENDED || code === NOT_ADMITTED) return toTheDoor();
    if (code === ELSEWHERE) return stop("Opened in other tabs. Close one and reload.");
    if (timers.stopped) return;
    failures += 1;
    if (failures === 1) say("waiting", "Reconnecting…");
    else once("fallback", ask, random(1000));
    if (failures > 1) poll();
    once("connect", connect, random(Math.min(LONGEST_WAIT, 1000 * 2 ** failures)));
  }

  setInterval(() => {
    if (!isLive || Date.now() - heardAt < SILENCE) return;
    ask();
    socket.close();
  }, 5000);
  addEventListener("pageshow", (event) => event.persisted && ask());
  once("connect", connect, random(300));
})();
