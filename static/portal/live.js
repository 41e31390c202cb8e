// [data-live="/live/…/" data-poll="/m/…/live/" data-sequence="12"]: keeps a meeting page as the
// meeting is. The socket brings panels and counts; what it missed is asked over HTTP, and so is
// everything where there is no socket. [data-connection] says which.
(() => {
  const page = document.querySelector("[data-live]");
  if (!page) return;
  const SILENCE = 40_000; // milliseconds; heartbeats come every 15 s
  const LONGEST_WAIT = 30_000;
  const KEPT = 1000; // for which the server gives the same answer; who asks sooner may get an old one
  const ENDED = 4401, NOT_ADMITTED = 4403, REPLACED = 4409;
  const connection = document.querySelector("[data-connection]");
  const people = page.querySelector('[data-panel="people"]');
  const peoplePage = parseInt(new URLSearchParams(location.search).get("page"), 10) || 1;
  const timers = {};
  let last = Number(page.dataset.sequence), newest = last, here = 0, pollEvery = 10;
  let socket, heardAt = 0, failures = 0, isLive = false, isOver = false, peopleAt = 0, asked = 0, shown = 0;

  const upTo = (most) => Math.random() * most;
  const soon = (name, work, wait) => {
    timers[name] ??= setTimeout(() => { delete timers[name]; if (!isOver) work(); }, wait);
  };

  function say(state, words) {
    if (!connection || connection.textContent === words) return;
    connection.dataset.connection = state;
    connection.textContent = words;
  }

  const tab = (() => { // kept for this tab and meeting only: it must not tie visits together
    const made = () => "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (c) =>
      (c ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (c / 4)))).toString(16));
    try { return (sessionStorage[`tab ${page.dataset.live}`] ||= made()); } catch { return made(); }
  })();

  const show = (panels) => page.dispatchEvent(new CustomEvent("panels", { detail: panels }));

  function count(number) {
    here = number;
    for (const element of document.querySelectorAll("[data-here]")) element.textContent = number;
  }

  function hear(message) {
    heardAt = Date.now();
    newest = Math.max(newest, message.seq ?? 0, message.head ?? 0);
    if (message.seq > last && message.panels) show(message.panels);
    if (message.seq === last + 1 && message.panels) last = message.seq;
    if (message.here !== undefined) count(message.here);
    // A number may still be on its way; and a thousand pages must not ask at the same moment.
    if (newest > last) soon("gap", () => newest > last && ask(), 500 + upTo(Math.min(15_000, 1000 + 10 * here)));
    if (!isLive || ["people", "state"].includes(message.change)) { // what was told before is unheard
      peopleAt = performance.now();
      if (people) askForPeople();
    }
    isLive = true;
  }

  const askForPeople = () => soon("people", () => {
    ask();
    if (performance.now() - peopleAt < KEPT) askForPeople();
  }, KEPT + upTo(Math.min(120_000, 1000 + 40 * here)));

  async function ask() {
    const query = new URLSearchParams({ seq: last, tab, ...(people && { people: peoplePage }) });
    const number = ++asked;
    try {
      const answer = await fetch(`${page.dataset.poll}?${query}`, { cache: "no-store" });
      if ([403, 404].includes(answer.status)) return toTheDoor();
      if (!answer.ok) throw new Error(answer.status);
      const state = await answer.json();
      pollEvery = state.poll_every;
      if (number < shown) return; // a later question was answered first
      shown = number;
      if (state.seq >= last) show(state.panels);
      last = Math.max(last, state.seq);
      count(isLive && here ? here : state.here); // what the socket said is newer
      if (!isLive) say("polling", `Updates every ${pollEvery} s`);
    } catch {
      if (!isLive) say("waiting", "Reconnecting…");
    }
  }

  const poll = () => soon("poll", () => { if (!isLive) { ask(); poll(); } }, pollEvery * (900 + upTo(200)));

  function over(words) {
    isOver = true;
    say("over", words);
  }

  function toTheDoor() { // it decides anew; but no page loads itself again and again
    if (isOver) return;
    const isAgain = performance.now() < 5000 && performance.getEntriesByType("navigation")[0]?.type === "reload";
    over(isAgain ? "You are not in this meeting any more. Reload to enter again." : "One moment…");
    if (isAgain) return;
    const reload = () => location.reload();
    let reloading = setTimeout(reload, upTo(1500));
    addEventListener("beforeunload", () => { // whoever is on their way elsewhere is not called back
      clearTimeout(reloading);
      reloading = setTimeout(reload, LONGEST_WAIT);
    });
  }

  function connect() {
    const address = new URL(page.dataset.live, location.href.replace(/^http/, "ws"));
    address.searchParams.set("tab", tab);
    socket = new WebSocket(address);
    socket.onmessage = ({ data }) => {
      say("live", "Connected");
      hear(JSON.parse(data));
    };
    socket.onclose = ({ code }) => lost(code);
  }

  function lost(code) {
    failures = isLive ? 1 : failures + 1;
    isLive = false;
    if (code === ENDED) return toTheDoor();
    if (code === NOT_ADMITTED) soon("door", ask, upTo(1000));
    if (code === REPLACED) return over("Opened in other tabs. Close one of them and reload.");
    if (failures === 1) say("waiting", "Reconnecting…");
    if (failures === 2) soon("fallback", ask, upTo(1000));
    poll();
    soon("connect", connect, upTo(Math.min(LONGEST_WAIT, 1000 * 2 ** failures)));
  }

  setInterval(() => {
    if (!isLive || isOver || Date.now() - heardAt < SILENCE) return;
    ask();
    socket.close();
  }, 5000);
  addEventListener("pageshow", (event) => event.persisted && !isOver && ask());
  soon("connect", connect, upTo(300));
})();
