// <button data-copy="text"> or <button data-copy-from="#id">: puts the text on the clipboard.
// The button says "Copied" for a moment, to eyes and to screen readers. Hidden without JavaScript.
(() => {
  const SHOWN_FOR = 2000; // milliseconds

  function textOf(button) {
    if (button.dataset.copy) return button.dataset.copy;
    const source = document.querySelector(button.dataset.copyFrom);
    return source.value ?? source.textContent.trim();
  }

  function say(button, words) {
    const label = button.querySelector("[data-copy-label]") || button;
    button.dataset.copySaid ??= label.textContent;
    label.textContent = words;
    clearTimeout(button.copyTimer);
    button.copyTimer = setTimeout(() => {
      label.textContent = button.dataset.copySaid;
    }, SHOWN_FOR);
  }

  async function copy(button) {
    try {
      await navigator.clipboard.writeText(textOf(button));
      say(button, "Copied");
    } catch {
      say(button, "Press Ctrl+C");
      const source = document.querySelector(button.dataset.copyFrom || "nothing-to-select");
      if (source) getSelection().selectAllChildren(source);
    }
  }

  for (const button of document.querySelectorAll("[data-copy], [data-copy-from]")) {
    button.hidden = false;
    button.setAttribute("aria-live", "polite");
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy], [data-copy-from]");
    if (button) copy(button);
  });
})();
