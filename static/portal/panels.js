// [data-panel="name"] is replaced when the event "panels" on [data-live] brings other HTML for it:
// focus stays where it was, and rows ([data-key]) that were not there before fade in.
(() => {
  const page = document.querySelector("[data-live]");
  if (!page) return;
  const shown = new Map();

  const parsed = (html) => new DOMParser().parseFromString(html, "text/html").body;
  const rowsOf = (panel) => [...panel.querySelectorAll("[data-key]")];
  const markOf = (element) => element.id || element.getAttribute("href") || element.textContent.trim();

  function show(panel, content) {
    const known = new Set(rowsOf(panel).map((row) => row.dataset.key));
    const focused = panel.contains(document.activeElement) && markOf(document.activeElement);
    panel.replaceChildren(...content.childNodes);
    for (const row of rowsOf(panel)) if (!known.has(row.dataset.key)) row.classList.add("is-new");
    if (!focused) return;
    const controls = [...panel.querySelectorAll("a, button, summary")];
    const same = controls.find((control) => markOf(control) === focused) ?? panel;
    if (same === panel) panel.tabIndex = -1; // what had the focus is gone: stay near
    same.focus({ preventScroll: true });
  }

  page.addEventListener("panels", ({ detail }) => {
    for (const [name, html] of Object.entries(detail)) {
      const panel = page.querySelector(`[data-panel="${CSS.escape(name)}"]`);
      if (!panel || shown.get(name) === html) continue;
      shown.set(name, html);
      const content = parsed(html);
      if (name === "title")
        document.title = document.title.replace(panel.textContent, () => content.textContent);
      show(panel, content);
    }
  });
})();
