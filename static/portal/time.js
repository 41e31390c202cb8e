// <time datetime="…" data-local>: shown in the visitor's own time zone.
// data-local="until" adds how long it is until then. What the server wrote stays as the fallback.
(() => {
  const REFRESH = 30_000; // milliseconds
  const time = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit" });
  const day = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short" });
  const relative = new Intl.RelativeTimeFormat("en", { numeric: "always" });

  function fromNow(at) {
    const minutes = Math.round((at - Date.now()) / 60_000);
    if (minutes <= 0) return "any moment now";
    let words = relative.format(Math.round(minutes / 1440), "day");
    if (minutes < 90) words = relative.format(minutes, "minute");
    else if (minutes < 36 * 60) words = relative.format(Math.round(minutes / 60), "hour");
    return `${words.replace("in ", "")} from now`;
  }

  function show(element) {
    const at = new Date(element.dateTime);
    if (Number.isNaN(at.getTime())) return;
    const isToday = at.toDateString() === new Date().toDateString();
    let words = isToday ? time.format(at) : `${day.format(at)}, ${time.format(at)}`;
    if (element.dataset.local === "until") words = `${isToday ? "at " : ""}${words} · ${fromNow(at)}`;
    element.title ||= element.textContent;
    if (element.textContent !== words) element.textContent = words;
  }

  function showAll(root = document) {
    for (const element of root.querySelectorAll("time[data-local]")) show(element);
  }

  showAll();
  setInterval(showAll, REFRESH);
  // Panels are replaced while the page is open.
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes)
      for (const node of addedNodes)
        if (node.nodeType === Node.ELEMENT_NODE) showAll(node.parentElement ?? document);
  }).observe(document.body, { childList: true, subtree: true });
})();
