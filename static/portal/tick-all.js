// <label hidden data-tick-all="meeting"><input type="checkbox">All</label>: ticks or unticks all boxes
// of this name in its form, and shows whether all of them are ticked. Hidden without JavaScript.
(() => {
  for (const label of document.querySelectorAll("[data-tick-all]")) {
    const all = label.querySelector("input");
    const boxes = [...label.closest("form").querySelectorAll(`[name="${label.dataset.tickAll}"]`)];

    function show() {
      const ticked = boxes.filter((box) => box.checked).length;
      all.checked = ticked === boxes.length;
      all.indeterminate = ticked > 0 && ticked < boxes.length;
    }

    all.addEventListener("change", () => {
      for (const box of boxes) box.checked = all.checked;
    });
    for (const box of boxes) box.addEventListener("change", show);
    addEventListener("pageshow", show); // a page that was gone back to remembers its ticks
    label.hidden = false;
    show();
  }
})();
