// <ol data-reorder data-reorder-said="#status"> of <li data-reorder-id data-reorder-name>, each with a
// form that moves it (buttons named `direction`) and a handle [data-reorder-handle] to drag it by.
// Rows move at once and the server is told; what was done is said to screen readers. Without
// JavaScript the buttons send the form.
(() => {
  const list = document.querySelector("[data-reorder]");
  if (!list) return;
  const said = document.querySelector(list.dataset.reorderSaid);
  const rows = () => [...list.querySelectorAll(":scope > [data-reorder-id]")];
  let saving = Promise.resolve(); // one after the other, in the order of the moves

  function settle() {
    const all = rows();
    all.forEach((row, index) => {
      const [up, down] = row.querySelectorAll('[name="direction"]');
      up.ariaDisabled = index === 0 ? "true" : null;
      down.ariaDisabled = index === all.length - 1 ? "true" : null;
    });
  }

  async function tell(row) {
    const all = rows();
    const index = all.indexOf(row);
    const form = row.querySelector("form");
    const body = new FormData(form);
    if (index > 0) body.set("after", all[index - 1].dataset.reorderId);
    else body.set("before", all[1].dataset.reorderId);
    const headers = { "X-Requested-With": "reorder" };
    const answer = await fetch(form.action, { method: "POST", body, headers });
    if (answer.status !== 204) throw new Error(answer.status);
  }

  function moved(row) {
    const all = rows();
    settle();
    said.textContent = `“${row.dataset.reorderName}” is now ${all.indexOf(row) + 1} of ${all.length}.`;
    // Whatever went wrong, the list as the server has it is the truth.
    saving = saving.then(() => tell(row)).catch(() => location.reload());
  }

  // The neighbour steps aside, not the row: so the row keeps the focus, or the finger on it.
  function step(row, isUp) {
    const neighbour = isUp ? row.previousElementSibling : row.nextElementSibling;
    if (neighbour && isUp) row.after(neighbour);
    else if (neighbour) row.before(neighbour);
    row.scrollIntoView({ block: "nearest" });
    return Boolean(neighbour);
  }

  list.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (button?.name !== "direction") return;
    event.preventDefault();
    const row = button.closest("[data-reorder-id]");
    if (step(row, button.value === "up")) moved(row);
  });

  const middleOf = (row) => {
    const { top, height } = row.getBoundingClientRect();
    return top + height / 2;
  };

  function drag(handle, row, start) {
    const place = rows().indexOf(row); // where it goes back to with Escape
    const end = new AbortController();
    const options = { signal: end.signal };
    const finish = (isKept) => {
      end.abort();
      row.classList.remove("is-dragged");
      if (isKept && rows().indexOf(row) !== place) moved(row);
      while (!isKept && rows().indexOf(row) !== place) step(row, rows().indexOf(row) > place);
    };
    const follow = ({ clientY }) => {
      const { previousElementSibling: above, nextElementSibling: below } = row;
      if (above && clientY < middleOf(above)) step(row, true);
      else if (below && clientY > middleOf(below)) step(row, false);
      else return;
      follow({ clientY });
    };
    handle.setPointerCapture(start.pointerId);
    row.classList.add("is-dragged");
    handle.addEventListener("pointermove", follow, options);
    handle.addEventListener("pointerup", () => finish(true), options);
    handle.addEventListener("pointercancel", () => finish(false), options);
    addEventListener("keydown", ({ key }) => key === "Escape" && finish(false), options);
  }

  for (const handle of list.querySelectorAll("[data-reorder-handle]")) {
    handle.hidden = false;
    handle.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      event.preventDefault();
      drag(handle, handle.closest("[data-reorder-id]"), event);
    });
  }
})();
